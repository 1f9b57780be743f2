import { promql } from '../../promql.ts'
import { jobIs } from '../../series.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'
import { highestAtEnd, zeroWhere } from '../queries.ts'

/** Prometheus: what it stores, how long its rules take, what it rejects. */
export const prometheus: Row = {
  title: 'Prometheus',
  panels: [
    {
      shows: 'graph',
      title: 'How many series are there?',
      description: 'Series in memory now and one day ago. If the number doubled, a label has too many values.',
      unit: 'short',
      queries: {
        now: { expr: `sum(prometheus_tsdb_head_series{${jobIs.prometheus}})`, legend: 'now' },
        growth: {
          expr: `sum(prometheus_tsdb_head_series{${jobIs.prometheus}} / prometheus:head_series:growth_1d{${jobIs.prometheus}})`,
          legend: 'a day ago',
        },
      },
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'How full is the storage?',
      description:
        'Used share of the storage limit, now and in one day if the trend continues. PrometheusHistoryShrinking fires when the limit ' +
        'is near.',
      unit: 'percentunit',
      queries: {
        fill: { expr: `max(prometheus:storage_fill:ratio{${jobIs.prometheus}})`, legend: 'used' },
        in_a_day: { expr: `max(prometheus:storage_fill:ratio_in_1d{${jobIs.prometheus}})`, legend: 'in a day' },
      },
      limits: limits.storageFill,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Are rules evaluated in time?',
      description:
        'Evaluation time of each rule group as a share of its interval, for the five slowest groups. Above 100%, Prometheus skips ' +
        'evaluations.',
      unit: 'percentunit',
      queries: { needed: { expr: highestAtEnd(5, shareOfInterval), legend: '{{rule_group}}' } },
      withoutPrefix: '.*;(?:swarmwatch-)?',
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Are samples rejected?',
      description:
        'Samples that were too old, out of order or out of bounds, and rule evaluations that failed. OtlpRejectedSamples and ' +
        'PrometheusRuleFailures fire.',
      unit: 'suffix: /min',
      queries: {
        ...Object.fromEntries(
          ['too_old', 'out_of_order', 'out_of_bound'].map((reason): [string, PanelQuery] => [
            reason,
            {
              expr: zeroWhere(
                `prometheus_tsdb_head_series{${jobIs.prometheus}}`,
                `60 * sum(rate(prometheus_tsdb_${reason}_samples_total{${jobIs.prometheus}}[$__rate_interval]))`,
              ),
              legend: `samples ${reason.replaceAll('_', ' ')}`,
            },
          ]),
        ),
        rules: {
          expr: `60 * sum(rate(prometheus_rule_evaluation_failures_total{${jobIs.prometheus}}[$__rate_interval]))`,
          legend: 'failed rules',
        },
      },
      min: 0,
      span: 6,
    },
  ],
}

function shareOfInterval(modifier: string): string {
  return promql`
    max by (rule_group) (
      prometheus_rule_group_last_duration_seconds{${jobIs.prometheus}}${modifier}
        / prometheus_rule_group_interval_seconds{${jobIs.prometheus}}${modifier}
    )`
}
