import { promql } from '../promql.ts'
import type { Alert, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, byAgent, byFleet, failed, fleetLabels, series } from '../series.ts'

const { budget, costSpike } = ruleThresholds
/** Hours of a month of 30 days. */
const hoursPerMonth = 30 * 24
/** From the middle of the last week to the middle of the next 30 days. */
const weeksAhead = (3.5 + 15) / 7
const secondsPerWeek = 7 * 86_400
/** Times its variance that the square of a change must exceed, before and after two weeks: chosen with `pnpm simulate projection`. */
const timesVariance = { early: 1, later: 2 }
/** Distance of days from a line, as a share of the mean, from which on they are taken for the rhythm of the week. */
const alikeDays = 0.06

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
    {
      // The most expensive hour around this time yesterday and in the last two weeks. In the first week, from a day
      // of history on, the most expensive of all hours so far
      record: 'agent:cost_usd:usual_hour',
      expr: promql`
        max ${byAgent} (
          label_replace(max_over_time(agent:cost_usd:increase1h[2h] offset 23h), "days", "1", "", "")
          or
          label_replace(max_over_time(agent:cost_usd:increase1h[2h] offset 167h), "days", "7", "", "")
          or
          label_replace(max_over_time(agent:cost_usd:increase1h[2h] offset 335h), "days", "14", "", "")
        )
        and
        agent:cost_usd:increase1h offset 7d
        or
        max_over_time(agent:cost_usd:increase1h[7d] offset 2h)
        and
        present_over_time(agent:cost_usd:increase1h[2h] offset 22h)`,
    },
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
      record: 'swarm:cost_usd:increase3h',
      expr: '3 * avg_over_time(swarm:cost_usd:increase1h[3h])',
    },
    {
      // A week has every hour of the week once, so the mean of a week has no daily or weekly rhythm
      record: 'swarm:cost_usd:mean_hour_7d',
      expr: 'avg_over_time(swarm:cost_usd:increase1h[7d])',
    },
    { record: 'swarm:cost_usd:mean_hour_1d', expr: 'avg_over_time(swarm:cost_usd:increase1h[1d])' },
    {
      // Change of the mean hour in a week: of the means of weeks, and in the first two weeks of the means of days
      record: 'swarm:cost_usd:change_7d',
      expr: promql`
        ${secondsPerWeek} * deriv((swarm:cost_usd:mean_hour_7d and swarm:cost_usd:increase1h offset 7d)[21d:6h])
        and
        swarm:cost_usd:increase1h offset 14d
        or
        ${secondsPerWeek} * deriv((swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h])
        and
        swarm:cost_usd:increase1h offset 167h`,
    },
    {
      // Variance of this change by chance alone. In the first two weeks it comes from the distance of the days
      // from the line; it falls with the third power of the time behind it
      record: 'swarm:cost_usd:change_variance_7d',
      expr: promql`
        stdvar_over_time((swarm:cost_usd:mean_hour_1d - swarm:cost_usd:mean_hour_1d offset 7d)[7d:1h]) / 7
          / (count_over_time((swarm:cost_usd:mean_hour_7d and swarm:cost_usd:increase1h offset 7d)[21d:6h]) / 28) ^ 3
        and
        swarm:cost_usd:increase1h offset 14d
        or
        (
          12 * stdvar_over_time((swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h])
            / (count_over_time((swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h]) / 28) ^ 2
            - swarm:cost_usd:change_7d ^ 2
        )
          / (count_over_time((swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h]) / 4 - 2)`,
    },
    {
      // The part of the change that chance does not explain (James and Stein). Not from less than two weeks whose days differ by
      // more than a line: that is the rhythm of the week
      record: 'swarm:cost_usd:growth_7d',
      expr: promql`
        swarm:cost_usd:change_7d / (swarm:cost_usd:mean_hour_7d > 0)
          * clamp_min(1 - ${timesVariance.later} * clamp_min(swarm:cost_usd:change_variance_7d, 0) / swarm:cost_usd:change_7d ^ 2, 0)
        and
        swarm:cost_usd:increase1h offset 14d
        or
        swarm:cost_usd:change_7d / (swarm:cost_usd:mean_hour_7d > 0)
          * clamp_min(1 - ${timesVariance.early} * clamp_min(swarm:cost_usd:change_variance_7d, 0) / swarm:cost_usd:change_7d ^ 2, 0)
        and
        swarm:cost_usd:change_variance_7d * (count_over_time((swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h]) / 4 - 2)
          * (count_over_time((swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h]) / 28) ^ 2 / 12
          < (${alikeDays} * swarm:cost_usd:mean_hour_7d) ^ 2
        or
        0 * swarm:cost_usd:mean_hour_7d`,
    },
    {
      record: 'swarm:cost_usd:projected_month',
      expr: `${hoursPerMonth} * swarm:cost_usd:mean_hour_7d * exp(clamp(${weeksAhead.toFixed(2)} * swarm:cost_usd:growth_7d, -1, 1))`,
    },
    {
      // Half of the 95 % interval: chance of the days, and the change since last week continued for a
      // month. In the second week the chance includes the difference between the days of the week, and the growth of the
      // days, if it is part of the projection, may be none or twice as much
      record: 'swarm:cost_usd:projected_month_margin',
      expr: promql`
        ${hoursPerMonth} * (
          ${((1.96 * Math.sqrt(1 / 7 + 1 / 30)) / Math.SQRT2).toFixed(3)} * stddev_over_time((swarm:cost_usd:mean_hour_1d - swarm:cost_usd:mean_hour_1d offset 7d)[7d:1h])
            + ${weeksAhead.toFixed(2)} * abs(avg_over_time(swarm:cost_usd:mean_hour_1d[7d]) - avg_over_time(swarm:cost_usd:mean_hour_1d[7d] offset 7d))
        )
        and
        swarm:cost_usd:mean_hour_1d offset 14d
        or
        ${hoursPerMonth} * (
          ${(1.96 * Math.sqrt(1 / 7 + 1 / 30)).toFixed(3)} * stddev_over_time(swarm:cost_usd:mean_hour_1d[7d])
            + (${weeksAhead.toFixed(2)} * abs(swarm:cost_usd:change_7d) * (swarm:cost_usd:growth_7d != bool 0) or 0 * swarm:cost_usd:mean_hour_7d)
        )
        and
        swarm:cost_usd:increase1h offset 7d`,
    },
    {
      record: 'swarm:cost_usd:projected_month_low',
      expr: 'clamp_min(swarm:cost_usd:projected_month - swarm:cost_usd:projected_month_margin, 0)',
    },
    {
      record: 'swarm:cost_usd:projected_month_high',
      expr: 'swarm:cost_usd:projected_month + swarm:cost_usd:projected_month_margin',
    },
    {
      // The share of a week that these three hours had last week. In the first week every hour is
      // allowed the same
      record: 'swarm:cost_budget_allowed:3h',
      expr: promql`
        ${budget.usdPerMonth} * (swarm:cost_usd:increase3h offset 7d)
          / (${hoursPerMonth} * swarm:cost_usd:mean_hour_7d offset 3h > 0)
        or
        0 * swarm:cost_usd:increase3h + ${(budget.usdPerMonth * 3) / hoursPerMonth}`,
    },
    {
      record: 'swarm:cost_budget_burn:3h',
      expr: 'swarm:cost_usd:increase3h / (swarm:cost_budget_allowed:3h > 0)',
    },
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
        > ${costSpike.timesUsual} * agent:cost_usd:usual_hour
      and
      agent:cost_usd:increase1h > ${costSpike.aboveUsd}`,
    forSeconds: costSpike.forSeconds,
    keepFiringForSeconds: 1_800,
    summary: '{{ $labels.agent_name }} spent {{ $value | printf "%.2f" }} USD in an hour',
    description:
      '{{ $labels.agent_name }} ({{ $labels.job }}) spent {{ $value | printf "%.2f" }} USD in the last hour, ' +
      `more than ${costSpike.timesUsual} times what it spent around this time yesterday and a week ago.`,
    identity: agentLabels,
    runs: 'costly',
    chart: { title: 'Cost of an hour', unit: 'usd', query: (matchers) => `agent:cost_usd:increase1h{${matchers}}` },
    dashboard: 'cost-and-capacity',
  },
  {
    alert: 'SwarmCostBudgetBurn',
    category: 'swarm',
    severity: 'info',
    expr: promql`
      swarm:cost_budget_burn:3h > ${budget.timesAllowed}
      and
      swarm:cost_usd:increase3h - swarm:cost_budget_allowed:3h > ${budget.usdPerMonth * budget.leastExcess}
      and
      swarm:cost_usd:increase1h offset 172h
      or
      (
        swarm:cost_usd:mean_hour_1d * ${hoursPerMonth / budget.usdPerMonth} > ${budget.firstWeekTimesAllowed.day}
        and
        present_over_time(swarm:cost_usd:increase1h[2h] offset 22h)
        or
        sum_over_time(swarm:cost_usd:increase1h[7d:1h]) / ${((budget.usdPerMonth * 7) / 30).toFixed(2)} > ${budget.firstWeekTimesAllowed.week}
      )
      unless
      swarm:cost_usd:increase1h offset 172h`,
    forSeconds: budget.forSeconds,
    keepFiringForSeconds: 3_600,
    summary: 'The swarm spends {{ $value | printf "%.1f" }} times what its budget allows',
    description:
      `The swarm spends {{ $value | printf "%.1f" }} times what its budget of ${budget.usdPerMonth} USD in 30 days allows at this ` +
      'hour of the week. The hours of last week share the budget; in the first week, a day or all days so far are compared with their share.',
    identity: fleetLabels,
    dashboard: 'cost-and-capacity',
  },
]
