import { sameLabels } from '../annotations.ts'
import { histogramReads } from '../histograms.ts'
import { duration, promql } from '../promql.ts'
import type { Alert, AlertChart, Recording, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, label, onAgent, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const { dailyBudget, budgetExceeded, uncertainEffects } = ruleThresholds
const budgetLabelsOfAgent = [...agentLabels, label.budget]
const byBudget = by(...budgetLabelsOfAgent)
const byTool = by(...agentLabels, label.tool)

/** The number of the day in UTC, as the label `day` of one series with the value 1. */
const today = 'count_values("day", floor(vector(time()) / 86400))'

/**
 * Increase of a counter since midnight UTC, of the agents that have a daily limit of this kind. Each sample gets the day on which it was
 * taken as a label, and only those of today count. `increase()` begins at the first sample of a series, so a series that begins today
 * has its lowest sample added. One sample every five minutes: the query costs a tenth of a second, and the result is as old.
 */
function sinceMidnight(counter: string, budget: string): string {
  const samples = promql`
    (
      (
        ${counter}
        and ${onAgent}
        ${series.budgetDailyLimit}{${label.budget}="${budget}"}
      )
        * on () group_left (day) ${today}
    )[1d:5m]`
  return promql`
    sum ${byAgent} (
      (
        increase(${samples})
        and on (day)
        ${today}
      )
      or
      label_replace(
        min_over_time(${samples})
        unless ignoring (day)
        (
          min_over_time(${samples})
          unless on (day)
          ${today}
        ),
        "part", "first", "", ""
      )
    )`
}

/** A tool call counts when its run ends, and the agent has another label in the names of the conventions. */
const toolCalls = ({ histograms }: MixinSettings): string =>
  `label_replace(${histogramReads(histograms).total(series.invokeAgentToolCalls)}, "${label.agent}", "$1", "${label.toolAgent}", "(.*)")`

/**
 * The tool calls of processes, where the agent has a daily limit of them: to read the native histograms of all agents again, sample by
 * sample since midnight, would take longer than a minute in a large fleet.
 */
const recordedToolCalls = 'process:tool_calls:sum'
const toolCallsOfLimited = (settings: MixinSettings): Recording => ({
  record: recordedToolCalls,
  expr: promql`
    ${toolCalls(settings)}
    and ${onAgent}
    ${series.budgetDailyLimit}{${label.budget}="tool_calls"}`,
})

const counters = (settings: MixinSettings): readonly (readonly [budget: string, counter: string])[] => [
  ['usd', series.cost],
  ['tokens', series.tokens],
  ['model_calls', series.modelCalls],
  ['tool_calls', settings.histograms === 'native' ? recordedToolCalls : toolCalls(settings)],
]

/** Daily budgets of agents, and what all processes together have used of them since midnight UTC. */
export const dailyBudgetRecordings = (settings: MixinSettings): RuleGroup => ({
  name: 'daily-budgets',
  intervalSeconds: 60,
  rules: [
    { record: 'agent:daily_budget:limit', expr: `max ${byBudget} (${series.budgetDailyLimit})` },
    ...(settings.histograms === 'native' ? [toolCallsOfLimited(settings)] : []),
    ...counters(settings).map(([budget, counter]): Recording => ({
      record: 'agent:daily_budget:used',
      expr: sinceMidnight(counter, budget),
      labels: { [label.budget]: budget },
    })),
    {
      record: 'agent:daily_budget:used_ratio',
      expr: 'agent:daily_budget:used / agent:daily_budget:limit',
    },
    {
      record: 'agent:runs_refused:increase15m',
      expr: promql`
        label_replace(
          sum ${byBudget} (
            ${recentCount(`${series.budgetExceeded}{${label.budget}=~"daily_.*"}`, 900)}
          ),
          "${label.budget}", "$1", "${label.budget}", "daily_(.*)"
        )`,
    },
  ],
})

/** Increase of a counter; of a series that is younger, which may begin at 1, its value. */
function recentCount(counter: string, windowSeconds: number): string {
  const window = duration(windowSeconds)
  return promql`
    (
      ${counter}
      unless
      ${counter} offset ${window}
    )
    or
    increase(${counter}[${window}])`
}

const refused = sameLabels(budgetLabelsOfAgent, (matchers) => `agent:runs_refused:increase15m{${matchers}} >= 0.5`)
const used = sameLabels(budgetLabelsOfAgent, (matchers) => `agent:daily_budget:used{${matchers}}`)
const limit = sameLabels(budgetLabelsOfAgent, (matchers) => `agent:daily_budget:limit{${matchers}}`)
const usedOfLimit =
  `{{ with ${used} }}{{ . | first | value | printf "%.6g" }}{{ end }} of ` +
  `{{ with ${limit} }}{{ . | first | value | printf "%.6g" }}{{ end }} {{ $labels.${label.budget} }}`

const dailyBudgetChart = (limitRatio: number): AlertChart => ({
  title: 'Used share of the daily budget',
  unit: 'ratio',
  query: (matchers) => `agent:daily_budget:used_ratio{${matchers}}`,
  limit: limitRatio,
})

/** Budgets are used up, or effects are unknown. */
export const budgetAlerts: readonly Alert[] = [
  {
    alert: 'DailyBudgetExceeded',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      agent:daily_budget:used_ratio >= 1
      or
      agent:daily_budget:used_ratio
      and
      agent:runs_refused:increase15m >= 0.5`,
    forSeconds: 0,
    keepFiringForSeconds: dailyBudget.keepFiringForSeconds,
    summary: `{{ $labels.agent_name }} has used its daily budget ({{ $labels.${label.budget} }})`,
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}) has used ${usedOfLimit} since midnight UTC, over all processes.` +
      `{{ with ${refused} }} {{ . | first | value | printf "%.0f" }} run(s) were refused or ended in the last 15 minutes.{{ end }}`,
    identity: budgetLabelsOfAgent,
    runs: 'costly',
    chart: dailyBudgetChart(1),
    dashboard: 'agent-detail',
  },
  {
    alert: 'DailyBudgetHigh',
    category: 'agent',
    severity: 'info',
    expr: `agent:daily_budget:used_ratio >= ${dailyBudget.warnFrom}`,
    forSeconds: 0,
    keepFiringForSeconds: dailyBudget.keepFiringForSeconds,
    summary: `{{ $labels.agent_name }} has used {{ $value | humanizePercentage }} of its daily budget ({{ $labels.${label.budget} }})`,
    description: `{{ $labels.agent_name }} ({{ $labels.job }}) has used ${usedOfLimit} since midnight UTC, over all processes.`,
    identity: budgetLabelsOfAgent,
    runs: 'costly',
    chart: dailyBudgetChart(dailyBudget.warnFrom),
    dashboard: 'agent-detail',
  },
  {
    alert: 'RunBudgetExceeded',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      sum ${byBudget} (
        ${recentCount(`${series.budgetExceeded}{${label.budget}!~"daily_.*"}`, budgetExceeded.windowSeconds)}
      )
        >= ${budgetExceeded.leastRuns}`,
    forSeconds: 0,
    keepFiringForSeconds: budgetExceeded.keepFiringForSeconds,
    summary: `A budget ended {{ $value | printf "%.0f" }} run(s) of {{ $labels.agent_name }} ({{ $labels.${label.budget} }})`,
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}): {{ $value | printf "%.0f" }} run(s) exceeded their budget ` +
      `({{ $labels.${label.budget} }}) in the last ${budgetExceeded.windowSeconds / 60} minutes and were ended. They are not retried.`,
    identity: budgetLabelsOfAgent,
    dashboard: 'agent-detail',
  },
  {
    alert: 'EffectUncertain',
    category: 'agent',
    severity: 'warning',
    expr: promql`
      sum ${byTool} (
        ${recentCount(series.toolUncertain, uncertainEffects.windowSeconds)}
      )
        >= 0.5`,
    forSeconds: 0,
    keepFiringForSeconds: uncertainEffects.keepFiringForSeconds,
    summary: `It is unknown whether {{ $value | printf "%.0f" }} call(s) of {{ $labels.${label.tool} }} had an effect`,
    description:
      `{{ $labels.agent_name }} ({{ $labels.job }}): {{ $value | printf "%.0f" }} call(s) of the tool {{ $labels.${label.tool} }} ended in the ` +
      `last ${uncertainEffects.windowSeconds / 60} minutes without proof that their effect happened or did not, or their result was not stored. ` +
      'They are never repeated silently: the option onUncertain decides.',
    identity: [...agentLabels, label.tool],
    dashboard: 'agent-detail',
  },
]
