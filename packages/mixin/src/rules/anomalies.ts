import { sameAgent } from '../annotations.ts'
import { histogramReads, type Observations } from '../histograms.ts'
import { promql } from '../promql.ts'
import type { Alert, Recording, RuleGroup } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { agentLabels, by, byAgent, failed, finished, fleetLabels, label, onAgent, series } from '../series.ts'
import type { MixinSettings } from '../settings.ts'

const { anomaly, drift } = ruleThresholds
const intervalSeconds = 120
/** The mean of fewer runs is left out: it means little. */
const leastRunsOfMean = 5
const toolAgentLabels = [label.job, ...fleetLabels, label.toolAgent]
const toolCalls: Observations = { over: 'increase', histogram: series.invokeAgentToolCalls, range: '[15m]' }
const { deviations, leastMargin, leastErrorMargin, leastRuns, leastUsualRuns, firstWeekTimes, newUsualShare } = anomaly
const onSignal = `on (${[...agentLabels, 'signal'].join(', ')})`

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
  executions: `max ${byAgent} (agent:anomaly_runs:15m)`,
  error_ratio: increasePerRun(`${series.executions}${failed}`),
  ...perRun(settings),
})

const perRunSignals: readonly (keyof ReturnType<typeof perRun>)[] = [
  'duration',
  'cost_per_run',
  'tokens_per_run',
  'tool_calls_per_run',
]
const counts = 'signal="executions"'
const shares = 'signal="error_ratio"'
const means = `signal=~"${perRunSignals.join('|')}"`

/**
 * Values of the same time a number of days before, 15 minutes ahead of now: the number of runs over half
 * an hour, because working hours begin and end within minutes; the others over two hours.
 */
function past(days: number): string {
  const mean = (signal: string, minutes: number): string =>
    `avg_over_time(agent:anomaly_normal:15m{${signal}}[${minutes}m] offset ${days * 24 * 60 - 15 - minutes / 2}m)`
  return promql`
    label_replace(
      ${mean(counts, 30)}
        or
      ${mean(`signal!="executions"`, 120)},
      "days", "${days}", "", ""
    )`
}

function quantileOf(share: number, days: readonly number[]): string {
  return promql`
    quantile ${by(...agentLabels, 'signal')} (
      ${share},
      ${days.map(past).join('\nor\n')}
    )`
}

/** Share of normal noise that is within this number of standard deviations. */
interface Share {
  readonly share: number
  readonly deviations: number
}

const half: Share = { share: 0.5, deviations: 0.6745 }
const tail: Share = { share: 0.95, deviations: 1.96 }

/** The larger of two queries with the same labels. */
function larger(one: string, other: string): string {
  return farther('>', one, other)
}

function smaller(one: string, other: string): string {
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
function anyOf(...queries: readonly string[]): string {
  return queries.join('\nor\n')
}

/** A limit, where the spread is known. */
function known(limit: string): string {
  return promql`
    (
      ${limit}
    )
    and ${onSignal}
    ${spread}`
}

/** One series for each signal of an agent, also if an agent sends series of this name with more labels: they would fail the whole rule. */
const single = (recorded: string): string => `max ${by(...agentLabels, 'signal')} (${recorded})`
const high = (signal: string): string => single(`agent:anomaly_usual_high:15m{${signal}}`)
const low = (signal: string): string => single(`agent:anomaly_usual_low:15m{${signal}}`)
const spread = single('last_over_time(agent:anomaly_spread:7d[65m])')
/** Deviation of twice the root of a number of runs: 1 by chance, and the spread of the agent itself. */
function noiseOf(usual: string): string {
  return `sqrt(1 + ${usual} * ${onSignal} (${spread} ^ 2))`
}

const runCount = `max ${byAgent} (agent:anomaly_runs:15m)`
const runs = `${onAgent} group_left () ${runCount}`

/**
 * The usual range of the signals of each agent: the same hour of the last four weeks. Noise is
 * measured on scales where chance does not depend on the value: square roots of counts, logarithms of
 * means times the root of the number of runs.
 */
export const anomalyRecordings = (settings: MixinSettings): readonly RuleGroup[] => [
  {
    name: 'anomalies',
    intervalSeconds,
    rules: [
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
        record: 'agent:anomaly_value:15m',
        expr,
        labels: { signal },
      })),
      {
        // Below 1, the ranges are still learned
        record: 'agent:anomaly_weeks:count',
        expr: promql`
          count ${byAgent} (
            ${[7, 14, 21, 28].map((days) => `label_replace(agent:anomaly_value:15m{signal="executions"} offset ${days}d, "days", "${days}", "", "")`).join('\nor\n')}
          )
          or
          0 * agent:anomaly_runs:15m`,
      },
      {
        // The median of the weeks; the highest of the days as long as there is no week
        record: 'agent:anomaly_profile:ahead15m',
        expr: promql`
          ${quantileOf(0.5, [7, 14, 21, 28])}
          or
          ${quantileOf(1, [1, 2, 3])}`,
      },
      ...[
        ['agent:anomaly_usual_low:15m', 'min_over_time'],
        ['agent:anomaly_usual_high:15m', 'max_over_time'],
      ].map(([record, over]): Recording => ({
        record: record!,
        // 15 minutes before and after this time, at the level of the last days
        expr: promql`
          ${single(`${over!}(agent:anomaly_profile:ahead15m[30m])`)}
            * ${onSignal}
          ${single('last_over_time(agent:anomaly_level:4d[65m])')}
          or
          ${over!}(agent:anomaly_profile:ahead15m[30m])`,
      })),
      {
        // In the first week, with days alone, every Monday after an office weekend would be unusual
        record: 'agent:anomaly_upper:15m',
        expr: anyOf(
          promql`
          (
            ${known(
              larger(
                `(sqrt(${high(counts)}) + ${deviations.more / 2} * ${noiseOf(high(counts))}) ^ 2`,
                `${1 + leastMargin.executions} * ${high(counts)}`,
              ),
            )}
          )
          and ${onSignal}
          agent:anomaly_value:15m offset 7d
          or
          (
            ${known(`${firstWeekTimes} * ${high(counts)}`)}
          )`,
          known(
            larger(
              `${high(means)} * ${onSignal} exp(${deviations.others} * ${spread} / ${onAgent} group_left () sqrt(${runCount}))`,
              `${1 + leastMargin.perRun} * ${high(means)}`,
            ),
          ),
          known(
            larger(
              promql`
            (sqrt(${high(shares)} * ${runs} + 0.375) + ${onSignal} ${deviations.others / 2} * ${spread}) ^ 2
              / ${runs}`,
              `${high(shares)} + ${leastErrorMargin}`,
            ),
          ),
        ),
      },
      {
        record: 'agent:anomaly_lower:15m',
        expr: anyOf(
          promql`
          (
            ${known(
              smaller(
                `clamp_min(sqrt(${low(counts)}) - ${deviations.fewer / 2} * ${noiseOf(low(counts))}, 0) ^ 2`,
                `${1 - leastMargin.executions} * ${low(counts)}`,
              ),
            )}
          )
          and ${onSignal}
          agent:anomaly_value:15m offset 7d`,
          promql`
          (
            ${known(
              smaller(
                `${low(means)} * ${onSignal} exp(-${deviations.others} * ${spread} / ${onAgent} group_left () sqrt(${runCount}))`,
                `${1 - leastMargin.perRun} * ${low(means)}`,
              ),
            )}
          )
          and ${onSignal}
          agent:anomaly_value:15m offset 7d`,
        ),
      },
      {
        record: 'agent:anomaly_outside:15m',
        expr: promql`
          (
            agent:anomaly_value:15m > agent:anomaly_upper:15m
            or
            agent:anomaly_value:15m < agent:anomaly_lower:15m
          )
          and ${onAgent}
          (
            agent:anomaly_usual_high:15m{${counts}} >= ${leastUsualRuns}
            and ${onAgent}
            agent:anomaly_runs:15m >= ${leastRuns}
            or
            agent:anomaly_usual_low:15m{${counts}} >= ${leastRuns}
          )`,
      },
      {
        // Values outside the range do not enter the baseline, unless they are the new usual. In the first
        // week all enter
        record: 'agent:anomaly_normal:15m',
        expr: promql`
          agent:anomaly_value:15m
          unless ${onSignal}
          (
            agent:anomaly_outside:15m
            and ${onSignal}
            agent:anomaly_value:15m offset 7d
            unless ${onSignal}
            count_over_time(agent:anomaly_outside:15m[2d])
              > ${onAgent} group_left ()
            ${newUsualShare} * max ${byAgent} (count_over_time(agent:anomaly_runs:15m[2d]))
          )`,
      },
    ],
  },
  {
    name: 'anomaly-spread',
    intervalSeconds: 1_800,
    rules: [
      {
        record: 'agent:anomaly_ratio:15m',
        expr: promql`
          ${single('agent:anomaly_normal:15m{signal!="error_ratio"}')}
            / ${onSignal}
          (${single('agent:anomaly_profile:ahead15m offset 15m')} > 0)
          and ${onAgent}
          agent:anomaly_runs:15m >= ${leastRuns}`,
      },
      {
        // A day behind, so that a problem of today does not become usual today
        record: 'agent:anomaly_level:4d',
        expr: 'clamp(quantile_over_time(0.5, agent:anomaly_ratio:15m[4d] offset 1d), 0.25, 4)',
      },
      {
        record: 'agent:anomaly_deviation:15m',
        expr: anyOf(
          beyondChance(half),
          deviation(
            means,
            (value, usual) => `abs(ln(${value} / ${onSignal} ${usual})) * ${onAgent} group_left () sqrt(${runCount})`,
          ),
          deviation(
            shares,
            (value, usual) => `2 * abs(sqrt(${value} * ${runs} + 0.375) - ${onSignal} sqrt(${usual} * ${runs} + 0.375))`,
          ),
        ),
      },
      { record: 'agent:anomaly_deviation_tail:15m', expr: beyondChance(tail) },
      {
        // The standard deviation of normal noise, from the median or from the tail, whichever is more: a
        // problem of hours hardly moves the median, and some agents have heavier tails than normal noise.
        // For executions this is the relative deviation on top of that of chance
        record: 'agent:anomaly_spread:7d',
        expr: promql`
          sqrt(
            clamp_min(
              ${larger(
                noise('agent:anomaly_deviation:15m', counts, half),
                noise('agent:anomaly_deviation_tail:15m', counts, tail),
              )},
              0
            )
          )
          or
          clamp_min(
            ${larger(
              `${noise('agent:anomaly_deviation:15m', shares, half)} / ${half.deviations}`,
              `${noise('agent:anomaly_deviation:15m', shares, tail)} / ${tail.deviations}`,
            )},
            1
          )
          or
          ${larger(
            `${noise('agent:anomaly_deviation:15m', means, half)} / ${half.deviations}`,
            `${noise('agent:anomaly_deviation:15m', means, tail)} / ${tail.deviations}`,
          )}`,
      },
    ],
  },
]

function noise(deviation: string, signal: string, { share }: Share): string {
  return `quantile_over_time(${share}, ${deviation}{${signal}}[7d] offset 1d)`
}

/** The part that chance alone does not explain, as a share of the square of the number of runs. */
function beyondChance({ deviations: size }: Share): string {
  return deviation(
    counts,
    (value, usual) =>
      `(4 * (sqrt(${value}) - ${onSignal} sqrt(${usual})) ^ 2 / ${(size ** 2).toFixed(3)} - 1) / ${onSignal} ${usual}`,
  )
}

/** How far a normal value is from the usual one, while that is steady and there are enough runs. */
function deviation(signal: string, distance: (value: string, usual: string) => string): string {
  const usual = promql`
    (
      (${low(signal)} + ${high(signal)}) / 2
      and
      ${high(signal)} <= 1.5 * ${low(signal)}
    )`
  return promql`
    ${distance(single(`agent:anomaly_normal:15m{${signal}}`), usual)}
    and ${onAgent}
    agent:anomaly_runs:15m >= ${leastRuns}`
}

const usually = sameAgent((matchers) => `agent:anomaly_usual_high:15m{signal="%s", ${matchers}}`).replace(
  '` ',
  '` $labels.signal ',
)

/**
 * A signal of an agent is outside its usual range. For information: it never wakes the on-call
 * engineer.
 */
export const agentAnomaly: Alert = {
  alert: 'AgentAnomaly',
  category: 'agent',
  severity: 'info',
  expr: 'agent:anomaly_outside:15m',
  forSeconds: anomaly.forSeconds,
  keepFiringForSeconds: 1_800,
  summary: '{{ $labels.signal }} of {{ $labels.agent_name }} is unusual',
  description:
    '{{ $labels.signal }} of {{ $labels.agent_name }} ({{ $labels.job }}) in the last 15 minutes: {{ $value | humanize }}.' +
    `{{ with ${usually} }} Usual at this hour of the week: {{ . | first | value | humanize }}.{{ end }}`,
  identity: [...agentLabels, 'signal'],
  dashboard: 'agent-detail',
}

function moved(signal: string, times: number): string {
  const level = `last_over_time(agent:anomaly_level:4d{${signal}}[65m])`
  return promql`
    ${level} > ${times}
    or
    ${level} < ${1 / times}`
}

/** A signal has moved away slowly, so that it was never unusual at once. */
export const agentDrift: Alert = {
  alert: 'AgentDrift',
  category: 'agent',
  severity: 'info',
  expr: promql`
    (
      ${moved(counts, drift.times.executions)}
      or
      ${moved(means, drift.times.others)}
    )
    and ${onSignal}
    agent:anomaly_normal:15m offset 14d`,
  forSeconds: drift.forSeconds,
  keepFiringForSeconds: 3_600,
  summary: '{{ $labels.signal }} of {{ $labels.agent_name }} has moved to {{ $value | humanizePercentage }} of its usual value',
  description:
    '{{ $labels.signal }} of {{ $labels.agent_name }} ({{ $labels.job }}) was {{ $value | humanizePercentage }} of the same hours of the last ' +
    'four weeks, over four days.',
  identity: [...agentLabels, 'signal'],
  dashboard: 'agent-detail',
}
