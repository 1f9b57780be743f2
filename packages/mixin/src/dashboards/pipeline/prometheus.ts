import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'

/** Prometheus: what it stores, how its rules fare, what it refuses. */
export const prometheus: Row = {
  title: 'Prometheus',
  panels: [
    {
      shows: 'graph',
      title: 'How many series does Prometheus hold?',
      description: 'Series in memory now and a day ago. Twice as many are a label with too many values.',
      unit: 'none',
      queries: {
        now: { expr: 'prometheus_tsdb_head_series', legend: 'now' },
        growth: { expr: 'prometheus_tsdb_head_series / prometheus:head_series:growth_1d', legend: 'a day ago' },
      },
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'How much history can it keep?',
      description:
        'Storage used of what it may use, and in a day as it goes on now. PrometheusHistoryShrinking says when it gets short.',
      unit: 'percentunit',
      queries: {
        fill: { expr: 'prometheus:storage_fill:ratio', legend: 'used' },
        in_a_day: { expr: 'prometheus:storage_fill:ratio_in_1d', legend: 'in a day' },
      },
      limits: limits.storageFill,
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Does it refuse samples?',
      description: 'Samples per second that were too old or out of order. OtlpRejectedSamples tells people.',
      unit: 'ops',
      queries: Object.fromEntries(
        ['too_old', 'out_of_order', 'out_of_bound'].map((reason): [string, PanelQuery] => [
          reason,
          {
            expr: promql`
              sum(rate(prometheus_tsdb_${reason}_samples_total[$__rate_interval]))
              or
              0 * group(prometheus_tsdb_head_series)`,
            legend: reason.replaceAll('_', ' '),
          },
        ]),
      ),
      min: 0,
      span: 8,
    },
    {
      shows: 'graph',
      title: 'Are the rules evaluated in time?',
      description: 'Share of its interval that each group of rules needs. At 100% it is left out now and then.',
      unit: 'percentunit',
      queries: {
        needed: {
          expr: promql`
            max by (rule_group) (
              prometheus_rule_group_last_duration_seconds
                / prometheus_rule_group_interval_seconds
            )`,
          legend: '{{rule_group}}',
        },
      },
      min: 0,
      span: 12,
    },
    {
      shows: 'graph',
      title: 'Do rules fail?',
      description: 'Evaluations per second that failed, by group. PrometheusRuleFailures tells people.',
      unit: 'ops',
      queries: {
        failed: {
          expr: promql`
            sum by (rule_group) (
              rate(prometheus_rule_evaluation_failures_total[$__rate_interval])
            )`,
          legend: '{{rule_group}}',
        },
      },
      min: 0,
      span: 12,
    },
  ],
}
