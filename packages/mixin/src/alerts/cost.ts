import { thresholds } from '@swarmwatch/config'

import { ruleThresholds } from '../rule-thresholds.ts'
import { promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { agentLabels, fleetLabels } from '../series.ts'

const { costSpike } = thresholds
const { budget } = ruleThresholds

/** Money goes out faster than usual, or than it may. */
export const costAlerts: readonly Alert[] = [
  {
    alert: 'AgentCostSpike',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:cost_usd:increase1h
        > ${costSpike.warning.timesDailyMean} * agent:cost_usd:mean_hour_1d
      and
      agent:cost_usd:increase1h > ${costSpike.warning.aboveUsd}
      and
      present_over_time(agent:cost_usd:increase1h[2h] offset 22h)`,
    forSeconds: costSpike.warning.forSeconds,
    summary: '{{ $labels.agent_name }} spent {{ $value | printf "%.2f" }} USD in an hour',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) spent {{ $value | printf "%.2f" }} USD in the last hour, ' +
      `more than ${costSpike.warning.timesDailyMean} times the mean hour of the last day.`,
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
      `At the rate of the last hour the swarm spends {{ $value | printf "%.1f" }} times its budget of ${budget.usdPerMonth} USD ` +
      `in 30 days, and over the last six hours it spent more than ${budget.timesAllowed} times as well.`,
    identity: fleetLabels,
    dashboard: 'cost-and-capacity',
  },
]
