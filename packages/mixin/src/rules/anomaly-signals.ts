import { histogramReads, type Observations } from '../histograms.ts'
import { promql } from '../promql.ts'
import type { Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, failed, finished, fleetLabels, label, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const { windowMinutes } = ruleThresholds.anomaly
/** The mean of fewer runs is left out: it means little. */
const leastRunsOfMean = 5
const toolAgentLabels = [label.job, ...fleetLabels, label.toolAgent]
const toolCalls: Observations = { over: 'increase', histogram: series.invokeAgentToolCalls, range: '[15m]' }

/** Values per run: their noise shrinks with the number of runs. */
const perRun = ({ histograms }: MixinSettings) => ({
  duration: perRunOf(
    histogramReads(histograms).sum(agentLabels, {
      over: 'increase',
      histogram: series.executionDuration,
      matchers: finished,
      range: '[15m]',
    }),
  ),
  cost_per_run: increasePerRun(series.cost),
  tokens_per_run: increasePerRun(series.tokens),
  tool_calls_per_run: promql`
    max ${byAgent} (
      label_replace(agent:anomaly_tool_calls:15m, "${label.agent}", "$1", "${label.toolAgent}", "(.+)")
    )`,
})

function increasePerRun(counter: string): string {
  return perRunOf(promql`
    sum ${byAgent} (
      increase(${counter}[15m])
    )`)
}

function perRunOf(sum: string): string {
  return promql`
    ${sum}
      / (agent:anomaly_runs:15m >= ${leastRunsOfMean})`
}

/**
 * Signals that are checked for unusual values, by the value of the label `signal`. Labels that
 * agents add are removed: setting `signal` could make two series equal.
 */
const signals = (settings: MixinSettings): Readonly<Record<string, string>> => ({
  executions: promql`
    sum ${byAgent} (
      increase(${series.executions}${finished}[${windowMinutes}m])
    )`,
  error_ratio: increasePerRun(`${series.executions}${failed}`),
  ...perRun(settings),
})

const perRunSignals: readonly (keyof ReturnType<typeof perRun>)[] = [
  'duration',
  'cost_per_run',
  'tokens_per_run',
  'tool_calls_per_run',
]
/** Matchers of the numbers of runs, of the share of failures, and of the values per run. */
export const counts = 'signal="executions"'
export const shares = 'signal="error_ratio"'
export const means: string = `signal=~"${perRunSignals.join('|')}"`

/** One series for each signal of an agent, also if an agent sends series of this name with more labels: they would fail the whole rule. */
export function single(recorded: string): string {
  return `max ${by(...agentLabels, 'signal')} (${recorded})`
}

export const onSignal: string = `on (${[...agentLabels, 'signal'].join(', ')})`

/** The larger of two queries with the same labels. */
export function larger(one: string, other: string): string {
  return farther('>', one, other)
}

export function smaller(one: string, other: string): string {
  return farther('<', one, other)
}

function farther(comparison: '<' | '>', one: string, other: string): string {
  return promql`
    ${one}
      ${comparison} ${onSignal}
    (${other})
    or
    ${other}`
}

/** The results of all queries: they are about different signals. */
export function anyOf(...queries: readonly string[]): string {
  return queries.join('\nor\n')
}

/** The values that are checked. */
export const signalRecordings = (settings: MixinSettings): readonly Recording[] => [
  {
    record: 'agent:anomaly_runs:15m',
    expr: promql`
      sum ${byAgent} (
        increase(${series.executions}${finished}[15m])
      )`,
  },
  {
    // The semantic conventions have another label for the agent
    record: 'agent:anomaly_tool_calls:15m',
    expr: promql`
      ${histogramReads(settings.histograms).sum(toolAgentLabels, toolCalls)}
        / (${histogramReads(settings.histograms).count(toolAgentLabels, toolCalls)} >= ${leastRunsOfMean})`,
  },
  ...Object.entries(signals(settings)).map(([signal, expr]): Recording => ({
    record: 'agent:anomaly_value:recent',
    expr,
    labels: { signal },
  })),
]
