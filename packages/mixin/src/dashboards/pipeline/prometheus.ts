import { from } from '../../component.ts'
import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { PanelQuery, Row } from '../panel.ts'

/** Prometheus: what it stores, how its rules fare, what it refuses. */
export const prometheus: Row = {
  title: 'Prometheus',
  panels: [
    {
      shows: 'graph',
      title: 'Series',
      question: 'How many series does Prometheus hold?',
      description: 'Series in memory now and a day ago. Twice as many are a label with too many values.',
      unit: 'short',
      queries: {
        now: { expr: `sum(prometheus_tsdb_head_series{${from.prometheus}})`, legend: 'now' },
        growth: {
          expr: `sum(prometheus_tsdb_head_series{${from.prometheus}} / prometheus:head_series:growth_1d{${from.prometheus}})`,
          legend: 'a day ago',
        },
      },
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Storage fill',
      question: 'How much history can it keep?',
      description:
        'Storage used of what it may use, and in a day as it goes on now. PrometheusHistoryShrinking fires when it gets short.',
      unit: 'percentunit',
      queries: {
        fill: { expr: `max(prometheus:storage_fill:ratio{${from.prometheus}})`, legend: 'used' },
        in_a_day: { expr: `max(prometheus:storage_fill:ratio_in_1d{${from.prometheus}})`, legend: 'in a day' },
      },
      limits: limits.storageFill,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Rule load',
      question: 'Are the rules evaluated in time?',
      description: 'Share of its interval that each group of rules needs, the five highest. At 100% it is left out now and then.',
      unit: 'percentunit',
      queries: {
        needed: {
          // Which five is decided once, at the end of the range: at each moment others would be drawn
          expr: promql`
            ${shareOfInterval('')}
            and
            topk(
              5,
              ${shareOfInterval(' @ end()')}
            )`,
          legend: '{{rule_group}}',
        },
      },
      withoutPrefix: '.*;(?:swarmwatch-)?',
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Refusals',
      question: 'Does it refuse samples, or do rules fail?',
      description:
        'Samples that were too old, out of order or out of bounds, and evaluations of rules that failed. OtlpRejectedSamples and ' +
        'PrometheusRuleFailures fire.',
      unit: 'suffix: /min',
      queries: {
        ...Object.fromEntries(
          ['too_old', 'out_of_order', 'out_of_bound'].map((reason): [string, PanelQuery] => [
            reason,
            {
              expr: promql`
                60 * sum(rate(prometheus_tsdb_${reason}_samples_total{${from.prometheus}}[$__rate_interval]))
                or
                0 * group(prometheus_tsdb_head_series{${from.prometheus}})`,
              legend: `samples ${reason.replaceAll('_', ' ')}`,
            },
          ]),
        ),
        rules: {
          expr: `60 * sum(rate(prometheus_rule_evaluation_failures_total{${from.prometheus}}[$__rate_interval]))`,
          legend: 'failed rules',
        },
      },
      min: 0,
      span: 6,
    },
  ],
}

function shareOfInterval(at: string): string {
  return promql`
    max by (rule_group) (
      prometheus_rule_group_last_duration_seconds{${from.prometheus}}${at}
        / prometheus_rule_group_interval_seconds{${from.prometheus}}${at}
    )`
}
