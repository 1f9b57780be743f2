import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, byAgent, byFleet, failed, fleetLabels, series } from '../series.ts'

const { budget, costSpike } = ruleThresholds
/** Hours of a month of 30 days. */
export const hoursPerMonth: number = 30 * 24

/** Cost of agents, the wasted part of it, and the forecast for the month. */
export const costRecordings: RuleGroup = {
  name: 'cost',
  intervalSeconds: 60,
  rules: [
    {
      record: 'agent:cost_usd:increase1h',
      expr: promql`
        sum ${byAgent} (
          increase(${series.cost}[1h])
        )`,
    },
    { record: 'agent:cost_usd:mean_hour_1d', expr: 'avg_over_time(agent:cost_usd:increase1h[1d])' },
    {
      record: 'agent:successes:increase1h',
      expr: promql`
        agent:executions:increase1h
          - sum ${byAgent} (
            increase(${series.executions}${failed}[1h])
          )`,
    },
    {
      record: 'agent:cost_usd_per_success:increase1h',
      expr: promql`
        agent:cost_usd:increase1h
          / (agent:successes:increase1h > 0)`,
    },
    {
      // Cost is not recorded by outcome: this assumes that a failed run costs as much as a
      // successful one
      record: 'agent:cost_usd_wasted:increase1h',
      expr: 'agent:cost_usd:increase1h * agent:error_ratio:rate1h',
    },
    { record: 'swarm:cost_usd:increase1h', expr: `sum ${byFleet} (agent:cost_usd:increase1h)` },
    {
      record: 'swarm:cost_usd:increase6h',
      expr: promql`
        sum ${byFleet} (
          increase(${series.cost}[6h])
        )`,
    },
    { record: 'swarm:cost_usd:projected_month', expr: `swarm:cost_usd:increase1h * ${hoursPerMonth}` },
    { record: 'swarm:cost_budget_burn:1h', expr: `swarm:cost_usd:increase1h * ${hoursPerMonth} / ${budget.usdPerMonth}` },
    { record: 'swarm:cost_budget_burn:6h', expr: `swarm:cost_usd:increase6h * ${hoursPerMonth / 6} / ${budget.usdPerMonth}` },
  ],
}

/** Cost is higher than usual, or higher than the budget allows. */
export const costAlerts: readonly Alert[] = [
  {
    alert: 'AgentCostSpike',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:cost_usd:increase1h
        > ${costSpike.timesDailyMean} * agent:cost_usd:mean_hour_1d
      and
      agent:cost_usd:increase1h > ${costSpike.aboveUsd}
      and
      present_over_time(agent:cost_usd:increase1h[2h] offset 22h)`,
    forSeconds: costSpike.forSeconds,
    summary: '{{ $labels.agent_name }} spent {{ $value | printf "%.2f" }} USD in an hour',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) spent {{ $value | printf "%.2f" }} USD in the last hour, ' +
      `more than ${costSpike.timesDailyMean} times the mean hourly cost of the last day.`,
    identity: agentLabels,
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'SwarmCostBudgetBurn',
    category: 'swarm',
    severity: 'info',
    expr: promql`
      swarm:cost_budget_burn:1h > ${budget.timesAllowed}
      and
      swarm:cost_budget_burn:6h > ${budget.timesAllowed}`,
    forSeconds: budget.forSeconds,
    keepFiringForSeconds: 900,
    summary: 'The swarm spends {{ $value | printf "%.1f" }} times what its budget allows',
    description:
      `At the rate of the last hour, the swarm spends {{ $value | printf "%.1f" }} times its budget of ${budget.usdPerMonth} USD ` +
      `in 30 days, and over the last six hours it also spent more than ${budget.timesAllowed} times its budget.`,
    identity: fleetLabels,
    dashboard: 'cost-and-capacity',
  },
]
