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
        max by (job, instance, exporter, data_type) (otelcol_exporter_queue_size)
          / max by (job, instance, exporter, data_type) (otelcol_exporter_queue_capacity)`,
    },
    { record: 'collector:queue_fill:ratio_in_30m', expr: 'predict_linear(collector:queue_fill:ratio[15m], 1800)' },
    {
      record: 'prometheus:storage_fill:ratio',
      expr: promql`
        prometheus_tsdb_storage_blocks_bytes
          / (prometheus_tsdb_retention_limit_bytes > 0)`,
    },
    { record: 'prometheus:storage_fill:ratio_in_1d', expr: 'predict_linear(prometheus:storage_fill:ratio[6h], 86400)' },
    {
      record: 'prometheus:head_series:growth_1d',
      expr: promql`
        prometheus_tsdb_head_series
          / (prometheus_tsdb_head_series offset 1d > 0)`,
    },
  ],
}
