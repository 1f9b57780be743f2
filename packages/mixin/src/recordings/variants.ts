import { ruleThresholds } from '../rule-thresholds.ts'
import { promql, duration } from '../promql.ts'
import type { RuleGroup } from '../rule.ts'
import { agentLabels, by, byAgent, label, onAgent, series } from '../series.ts'

const window = duration(ruleThresholds.variants.windowSeconds)
const byVariant = by(...agentLabels, label.variant)
const intervalSeconds = 30
const ofOutcomes = (outcomes: string): string => `{${label.outcome}=~"${outcomes}", ${label.variant}!=""}`

/** Variants of an agent side by side: how often they succeed, how long they take, what a success costs. */
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
        // Test of two proportions: this variant against all others of the agent. Beyond +-1.96 chance explains 1 in 20
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

/** How many there were in the window, from a rate that is recorded every `intervalSeconds`. */
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
