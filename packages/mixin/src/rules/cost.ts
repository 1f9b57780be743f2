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
/** Most growth of a week, as a logarithm, that is continued for a month: 2 % a day. */
const mostGrowth = 0.14
/** Times its variance that the square of a trend must exceed: chosen with a simulation, as the two constants below. */
const timesVariance = 2
/** Distance of days from a line, as a share of the mean, from which on they are taken for the rhythm of the week. */
const alikeDays = 0.04
/** Share of the days that may grow less than the growth that is continued. */
const slowerDays = 0.4
/** Means of all whole days so far, at most 14. */
const dayMeans = '(swarm:cost_usd:mean_hour_1d and swarm:cost_usd:increase1h offset 1d)[14d:6h]'
/** Variance of a day by the quarters of days, each compared with yesterday's. Neighbouring quarters resemble each other: 20 % more. */
const varianceOfQuarters = `${1.2 / 2 / 4} * stdvar_over_time((swarm:cost_usd:mean_hour_6h - swarm:cost_usd:mean_hour_6h offset 1d and swarm:cost_usd:increase1h offset 30h)[6d:3h])`
const dayChanges =
  '(ln((swarm:cost_usd:mean_hour_1d > 0) / (swarm:cost_usd:mean_hour_1d offset 7d > 0)) and swarm:cost_usd:increase1h offset 8d)[14d:6h]'
/** 30 days are four weeks and two days, which may cost more or less than others. */
const twoMoreDays = '48 * abs(avg_over_time(swarm:cost_usd:increase1h[2d] offset 5d) - swarm:cost_usd:mean_hour_7d)'
/** Deviation of the next 30 days from the last week by the chance of days, for a deviation of 1 of a day. */
const chanceOfDays = 1.96 * Math.sqrt(1 / 7 + 1 / 30)

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
    { record: 'swarm:cost_usd:mean_hour_6h', expr: 'avg_over_time(swarm:cost_usd:increase1h[6h])' },
    {
      // Change of a week as a share of the mean, of a line through the means of the last days
      record: 'swarm:cost_usd:trend_7d',
      expr: promql`
        ${secondsPerWeek} * deriv(${dayMeans}) / (swarm:cost_usd:mean_hour_7d > 0)
        and
        swarm:cost_usd:increase1h offset 167h`,
    },
    { record: 'swarm:cost_usd:trend_days', expr: `count_over_time(${dayMeans}) / 4` },
    {
      // Variance of the days around this line, as a share of the square of the mean
      record: 'swarm:cost_usd:trend_rest',
      expr: promql`
        clamp_min(
          stdvar_over_time(${dayMeans}) / swarm:cost_usd:mean_hour_7d ^ 2
            - (swarm:cost_usd:trend_7d * swarm:cost_usd:trend_days) ^ 2 / ${12 * 7 ** 2},
          0
        )`,
    },
    {
      // Variance of a day by chance: of the days around the line, or of a quarter of a day from yesterday's, whichever is
      // larger. Few days can be near a line by chance, quarters are four times as many
      record: 'swarm:cost_usd:day_variance',
      expr: promql`
        swarm:cost_usd:trend_rest * swarm:cost_usd:trend_days / (swarm:cost_usd:trend_days - 2)
          > ${varianceOfQuarters}
            / swarm:cost_usd:mean_hour_7d ^ 2
        or
        ${varianceOfQuarters}
          / swarm:cost_usd:mean_hour_7d ^ 2
        and
        swarm:cost_usd:trend_7d`,
    },
    {
      // Variance of the trend by chance alone
      record: 'swarm:cost_usd:trend_variance_7d',
      expr: `${12 * 7 ** 2} * swarm:cost_usd:day_variance / swarm:cost_usd:trend_days ^ 3`,
    },
    {
      // Change of the last week, as a logarithm
      record: 'swarm:cost_usd:change_7d',
      expr: promql`
        ln((swarm:cost_usd:mean_hour_7d > 0) / (swarm:cost_usd:mean_hour_7d offset 7d > 0))
        and
        swarm:cost_usd:increase1h offset 14d`,
    },
    {
      // Growth of a week, as a logarithm. From three weeks on it is what three of five days of the last two weeks grew at least
      // since the same day of the week before: a rhythm of the week is none, and neither is a week on another level.
      // Before, it is the part of the trend that chance does not explain (James and Stein), if the days are near the line
      record: 'swarm:cost_usd:growth_7d',
      expr: promql`
        clamp_min(quantile_over_time(${slowerDays}, ${dayChanges}), 0)
          + clamp_max(quantile_over_time(${1 - slowerDays}, ${dayChanges}), 0)
        and
        swarm:cost_usd:increase1h offset 21d
        or
        (swarm:cost_usd:trend_7d != 0)
          * clamp_min(1 - ${timesVariance} * swarm:cost_usd:trend_variance_7d / (swarm:cost_usd:trend_7d ^ 2 > 0), 0)
        and
        swarm:cost_usd:trend_rest < ${alikeDays ** 2}
        or
        0 * swarm:cost_usd:mean_hour_7d`,
    },
    {
      record: 'swarm:cost_usd:projected_month',
      expr: `${hoursPerMonth} * swarm:cost_usd:mean_hour_7d * exp(${weeksAhead.toFixed(2)} * clamp(swarm:cost_usd:growth_7d, -${mostGrowth}, ${mostGrowth}))`,
    },
    {
      // Deviation by chance of a day from the same day a week ago
      record: 'swarm:cost_usd:week_deviation_1d',
      expr: promql`
        stddev_over_time((swarm:cost_usd:mean_hour_1d - swarm:cost_usd:mean_hour_1d offset 7d)[7d:1h])
        and
        swarm:cost_usd:mean_hour_1d offset 14d`,
    },
    {
      // Half of the 95 % interval: chance of the days, and the change that is not part of the projection but may go on for a month.
      // Before three weeks it is that of the line, if the days are near it. In the second week of a swarm with a
      // rhythm of the week, the difference between its days is larger than both
      record: 'swarm:cost_usd:projected_month_margin',
      expr: promql`
        swarm:cost_usd:projected_month * (
          ${chanceOfDays.toFixed(3)} * sqrt(swarm:cost_usd:day_variance) - 1
            + exp(clamp_max(${weeksAhead.toFixed(2)} * (abs(swarm:cost_usd:trend_7d - swarm:cost_usd:growth_7d) + 1.96 * sqrt(swarm:cost_usd:trend_variance_7d)), 1))
        )
          + ${twoMoreDays}
        and
        swarm:cost_usd:trend_rest < ${alikeDays ** 2}
        and
        swarm:cost_usd:increase1h offset 7d
        unless
        swarm:cost_usd:increase1h offset 21d
        or
        ${((hoursPerMonth * chanceOfDays) / Math.SQRT2).toFixed(0)} * swarm:cost_usd:week_deviation_1d
          + swarm:cost_usd:projected_month * (
            exp(clamp_max(${weeksAhead.toFixed(2)} * (abs(swarm:cost_usd:change_7d - swarm:cost_usd:growth_7d)
              + ${(1.64 / Math.sqrt(7)).toFixed(2)} * swarm:cost_usd:week_deviation_1d / swarm:cost_usd:mean_hour_7d), 1)) - 1
          )
          + ${twoMoreDays}
        or
        ${(hoursPerMonth * chanceOfDays).toFixed(0)} * stddev_over_time(swarm:cost_usd:mean_hour_1d[7d])
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
