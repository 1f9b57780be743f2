import { from } from '../component.ts'
import { promql } from '../promql.ts'
import type { RuleGroup } from '../rule.ts'

/** How full the queues of the Collector and the storage of Prometheus are, and where that is heading. */
export const pipelineRecordings: RuleGroup = {
  name: 'pipeline',
  intervalSeconds: 60,
  rules: [
    {
      record: 'collector:queue_fill:ratio',
      expr: promql`
        max by (job, instance, exporter, data_type) (otelcol_exporter_queue_size{${from.collector}})
          / max by (job, instance, exporter, data_type) (otelcol_exporter_queue_capacity{${from.collector}})`,
    },
    {
      record: 'collector:queue_fill:ratio_in_30m',
      expr: `predict_linear(collector:queue_fill:ratio{${from.collector}}[15m], 1800)`,
    },
    {
      record: 'prometheus:storage_fill:ratio',
      expr: promql`
        prometheus_tsdb_storage_blocks_bytes{${from.prometheus}}
          / (prometheus_tsdb_retention_limit_bytes{${from.prometheus}} > 0)`,
    },
    {
      // Blocks are written every two hours and merged later: a line through less than a day follows the last of them
      record: 'prometheus:storage_fill:ratio_in_1d',
      expr: promql`
        predict_linear(prometheus:storage_fill:ratio{${from.prometheus}}[1d], 86400)
        and
        present_over_time(prometheus:storage_fill:ratio{${from.prometheus}}[2h] offset 22h)`,
    },
    {
      record: 'prometheus:head_series:growth_1d',
      expr: promql`
        prometheus_tsdb_head_series{${from.prometheus}}
          / (prometheus_tsdb_head_series{${from.prometheus}} offset 1d > 0)`,
    },
  ],
}
