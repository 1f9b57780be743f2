import { effectAt, type Planted } from './faults.ts'
import type { Random } from './random.ts'
import { startSeconds, trafficOf, type TrafficShape } from './traffic-shapes.ts'
import { label, series } from '../src/series.ts'

export type Labels = Readonly<Record<string, string>>
export type Sample = readonly [seconds: number, value: number]

/** A series with its name in `__name__`. */
export interface Series {
  readonly labels: Labels
  readonly samples: readonly Sample[]
}

/** An agent of the simulation. */
export interface SimulatedAgent {
  readonly name: string
  readonly shape: TrafficShape
  readonly planted: readonly Planted[]
  /** Cost of a usual run. @default 0.02 */
  readonly usdPerRun?: number
  /** @default production */
  readonly environment?: string
}

const usual = { durationSeconds: 4, failedShare: 0.02, tokens: 2_000, toolCalls: 3, usd: 0.02 }

/**
 * The series that the process of an agent exports, one value a minute: counters, and the sums and
 * counts of histograms. The buckets are left out: the judged rules read none. They begin at zero,
 * and begin again when the process restarts.
 */
export function exportedSeries(agent: SimulatedAgent, minutes: number, random: Random): readonly Series[] {
  const traffic = trafficOf(agent.shape, random)
  const process = {
    [label.job]: 'swarmwatch/simulated',
    [label.environment]: agent.environment ?? 'production',
    [label.region]: 'eu-1',
  }
  const ofAgent = { ...process, [label.instance]: 'simulated-1', [label.agent]: agent.name }
  const counters = new Map<string, { readonly labels: Labels; value: number; readonly samples: Sample[] }>()
  const counter = (name: string, more: Labels = {}): ((by: number) => void) => {
    const labels = { __name__: name, ...ofAgent, ...more }
    const made = { labels, value: 0, samples: [] }
    counters.set(JSON.stringify(labels), made)
    return (by) => {
      made.value += by
    }
  }
  const outcomes = ['success', 'failure'] as const
  const perOutcome = outcomes.map((outcome) => ({
    executions: counter(series.executions, { [label.outcome]: outcome }),
    durationSum: counter(`${series.executionDuration}_sum`, { [label.outcome]: outcome }),
    durationCount: counter(`${series.executionDuration}_count`, { [label.outcome]: outcome }),
  }))
  const failures = counter(series.failures, { [label.errorType]: '429' })
  const tokens = ['input', 'output'].map((direction) =>
    counter(series.tokens, { [label.model]: 'm-1', [label.direction]: direction }),
  )
  const cost = counter(series.cost, { [label.model]: 'm-1' })
  // The semantic conventions have another label for the agent
  const ofInvocation = { [label.toolAgent]: agent.name, [label.agent]: '', gen_ai_operation_name: 'invoke_agent' }
  const toolCalls = counter(`${series.invokeAgentToolCalls}_sum`, ofInvocation)
  const invocations = counter(`${series.invokeAgentToolCalls}_count`, ofInvocation)

  for (let minute = 0; minute < minutes; minute += 1) {
    const effect = effectAt(agent.planted, minute)
    const runs = traffic(minute, effect.runs ?? 1)
    const failed = random.binomial(runs, effect.failedShare ?? usual.failedShare)
    for (const [index, count] of [runs - failed, failed].entries()) {
      const { executions, durationSum, durationCount } = perOutcome[index]!
      executions(count)
      durationCount(count)
      durationSum(count * usual.durationSeconds * (effect.duration ?? 1) * random.meanOfLogNormal(count, 0.8))
    }
    failures(failed)
    // Tokens vary with the task, and the cost with the tokens
    const size = random.meanOfLogNormal(runs, 0.6)
    const used = Math.round(runs * usual.tokens * (effect.tokens ?? 1) * size)
    tokens[0]!(Math.round(used * 0.8))
    tokens[1]!(Math.round(used * 0.2))
    cost(runs * (agent.usdPerRun ?? usual.usd) * (effect.cost ?? 1) * size)
    toolCalls(random.poisson(runs * usual.toolCalls * (effect.toolCalls ?? 1)))
    invocations(runs)
    const isAway = agent.shape.restartsAt?.(minute) === true
    for (const each of counters.values()) {
      if (isAway) each.value = 0
      else each.samples.push([startSeconds + (minute + 1) * 60, each.value])
    }
  }
  return [...counters.values()].map(({ labels, samples }) => ({ labels: withoutEmpty(labels), samples }))
}

function withoutEmpty(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}
