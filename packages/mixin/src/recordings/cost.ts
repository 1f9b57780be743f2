import { ruleThresholds } from '../rule-thresholds.ts'
import { promql } from '../promql.ts'
import type { RuleGroup } from '../rule.ts'
import { byAgent, byFleet, failed, series } from '../series.ts'

const { usdPerMonth } = ruleThresholds.budget
const hoursPerMonth = 30 * 24

/** What agents cost, what of it was for nothing, and where the month is heading. */
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
      // The cost has no outcome: failed runs are taken to cost as much as the others
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
    { record: 'swarm:cost_budget_burn:1h', expr: `swarm:cost_usd:increase1h * ${hoursPerMonth} / ${usdPerMonth}` },
    { record: 'swarm:cost_budget_burn:6h', expr: `swarm:cost_usd:increase6h * ${hoursPerMonth / 6} / ${usdPerMonth}` },
  ],
}
