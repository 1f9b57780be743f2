import { duration, promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, label, onAgent, series } from '../series.ts'

const { variants } = ruleThresholds
const window = duration(variants.windowSeconds)
const byVariant = by(...agentLabels, label.variant)
const intervalSeconds = 30
const ofOutcomes = (outcomes: string): string => `{${label.outcome}=~"${outcomes}", ${label.variant}!=""}`

/** Variants of an agent compared: success share, duration, cost of a success. */
export const variantRecordings: readonly RuleGroup[] = [
  {
    name: 'variants',
    intervalSeconds,
    rules: [
      {
        record: 'agent:variant_executions:rate5m',
        expr: promql`
          sum ${byVariant} (
            rate(${series.executions}${ofOutcomes('success|failure')}[5m])
          )`,
      },
      {
        record: 'agent:variant_successes:rate5m',
        expr: promql`
          sum ${byVariant} (
            rate(${series.executions}${ofOutcomes('success')}[5m])
          )
          or
          0 * agent:variant_executions:rate5m`,
      },
      {
        record: 'agent:variant_duration_seconds:mean_5m',
        expr: promql`
          sum ${byVariant} (
            rate(${series.executionDuration}_sum${ofOutcomes('success|failure')}[5m])
          )
            / (agent:variant_executions:rate5m > 0)`,
      },
      {
        record: 'agent:variant_cost_usd:rate5m',
        expr: promql`
          sum ${byVariant} (
            rate(${series.cost}{${label.variant}!=""}[5m])
          )`,
      },
    ],
  },
  {
    name: 'variants-compared',
    intervalSeconds: 120,
    rules: [
      { record: 'agent:variant_executions:increase1d', expr: counted('agent:variant_executions:rate5m') },
      { record: 'agent:variant_successes:increase1d', expr: counted('agent:variant_successes:rate5m') },
      {
        record: 'agent:variant_success_ratio:1d',
        expr: promql`
          agent:variant_successes:increase1d
            / (agent:variant_executions:increase1d > 0)`,
      },
      {
        record: 'agent:variant_cost_usd_per_success:1d',
        expr: promql`
          ${counted('agent:variant_cost_usd:rate5m')}
            / (agent:variant_successes:increase1d > 0)`,
      },
      { record: 'agent:variant_others_executions:increase1d', expr: others('agent:variant_executions:increase1d') },
      { record: 'agent:variant_others_successes:increase1d', expr: others('agent:variant_successes:increase1d') },
      {
        record: 'agent:variant_success_pooled:1d',
        expr: promql`
          sum ${byAgent} (agent:variant_successes:increase1d)
            / (sum ${byAgent} (agent:variant_executions:increase1d) > 0)`,
      },
      {
        // Test of two proportions: this variant against all others of the agent. Chance exceeds
        // +-1.96 in 1 of 20 cases
        record: 'agent:variant_success_z:1d',
        expr: promql`
          (
            agent:variant_success_ratio:1d
              - agent:variant_others_successes:increase1d / (agent:variant_others_executions:increase1d > 0)
          )
          / sqrt(
            (1 / agent:variant_executions:increase1d + 1 / agent:variant_others_executions:increase1d)
              * ${onAgent} group_left ()
              (max ${byAgent} (agent:variant_success_pooled:1d * (1 - agent:variant_success_pooled:1d)) > 0)
          )`,
      },
    ],
  },
]

/** The count in the window, from a rate that is recorded every `intervalSeconds`. */
function counted(rate: string): string {
  return `sum_over_time(${rate}[${window}]) * ${intervalSeconds}`
}

/** The same of all other variants of the agent. */
function others(count: string): string {
  return promql`
    sum ${byAgent} (${count})
      - ${onAgent} group_right ()
      ${count}`
}

/** A variant succeeds more or less often than the others. For information. */
export const agentVariantDiffers: Alert = {
  alert: 'AgentVariantDiffers',
  category: 'agent',
  severity: 'info',
  expr: promql`
    (
      agent:variant_success_z:1d > ${variants.significantZ}
      or
      agent:variant_success_z:1d < -${variants.significantZ}
    )
    and agent:variant_executions:increase1d >= ${variants.leastExecutions}
    and agent:variant_others_executions:increase1d >= ${variants.leastExecutions}`,
  forSeconds: variants.forSeconds,
  keepFiringForSeconds: 1_800,
  summary:
    `Variant {{ $labels.${label.variant} }} of {{ $labels.agent_name }} succeeds ` +
    '{{ if lt $value 0.0 }}less{{ else }}more{{ end }} often than the others',
  description:
    `Over the last day variant {{ $labels.${label.variant} }} of {{ $labels.agent_name }} ({{ $labels.job }}) succeeded ` +
    '{{ if lt $value 0.0 }}less{{ else }}more{{ end }} often than the others, by more than chance explains (z = {{ $value | printf "%.1f" }}). ' +
    'Frequent checks find differences that do not exist: set the end of the test before it starts.',
  identity: [...agentLabels, label.variant],
  dashboard: 'cost-and-capacity',
}
