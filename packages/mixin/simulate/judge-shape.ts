import { exportedSeries, type SimulatedAgent } from './exported-series.ts'
import { type Fault, faults, type Planted } from './faults.ts'
import { type Firing, judgeRules } from './judge-rules.ts'
import { pastPrometheus } from './past-prometheus.ts'
import { randomFrom } from './random.ts'
import { minutesPerDay, startSeconds, type TrafficShape } from './traffic-shapes.ts'
import type { RuleGroup } from '../src/rule.ts'
import { label } from '../src/series.ts'

/** How fast the alerts found a fault, over all times it was planted. */
export interface FaultVerdict {
  readonly fault: string
  readonly planted: number
  /** Minutes until the first alert, ascending; one for each fault that was found while it lasted. */
  readonly delaysMinutes: readonly number[]
}

/** Verdict about the alerts on a shape of traffic. */
export interface ShapeVerdict {
  readonly shape: string
  /** Alerts of agents without faults. */
  readonly falseAlarms: readonly Firing[]
  /** 30 days of an agent without faults. */
  readonly agentMonths: number
  readonly faults: readonly FaultVerdict[]
}

/** Options of a simulation. */
export interface SimulationOptions {
  /** @default 35 */
  readonly days?: number
  /** Agents without faults. @default 2 */
  readonly cleanAgents?: number
  readonly seed?: string
}

/** The alerts that compare an agent with its past. */
const judgedAlerts = ['AgentAnomaly', 'AgentDrift', 'AgentTrafficStopped', 'AgentCostSpike'] as const

/** Simulates agents with the traffic of a shape, with and without faults, and judges the rules on them. */
export async function judgeShape(
  shape: TrafficShape,
  groups: readonly RuleGroup[],
  { days = 35, cleanAgents = 2, seed = '1' }: SimulationOptions = {},
): Promise<ShapeVerdict> {
  const minutes = days * minutesPerDay
  const agents = simulatedAgents(shape, minutes, cleanAgents, seed)
  const prometheus = await pastPrometheus()
  try {
    await prometheus.write(
      agents.flatMap((agent) => exportedSeries(agent, minutes, randomFrom(`${seed} ${shape.name} ${agent.name}`))),
    )
    const span = { start: startSeconds + 60, end: startSeconds + minutes * 60 }
    const firings = await judgeRules(prometheus, groups, judgedAlerts, span)
    const of = (agent: SimulatedAgent): readonly Firing[] => firings.filter(({ labels }) => labels[label.agent] === agent.name)
    return {
      shape: shape.name,
      falseAlarms: agents.filter(({ planted }) => planted.length === 0).flatMap(of),
      agentMonths: (cleanAgents * days) / 30,
      faults: faults.map((fault) => verdictOn(fault, agents, of)),
    }
  } finally {
    await prometheus.close()
  }
}

/** Agents without faults, one whose traffic has faults, one whose runs have, and one that drifts. */
function simulatedAgents(shape: TrafficShape, minutes: number, cleanAgents: number, seed: string): readonly SimulatedAgent[] {
  const named = (...names: readonly string[]): readonly Fault[] => faults.filter(({ name }) => names.includes(name))
  const plant = (kinds: readonly Fault[]): readonly Planted[] => plantedFaults(shape, kinds, minutes, `${seed} ${shape.name}`)
  return [
    ...Array.from({ length: cleanAgents }, (_, n) => ({ name: `clean-${n + 1}`, shape, planted: [] })),
    { name: 'traffic', shape, planted: plant(named('stop', 'halving', 'doubling')) },
    { name: 'runs', shape, planted: plant(named('error burst', 'token blow-up', 'cost spike')) },
    { name: 'drift', shape, planted: named('slow drift').map((fault) => ({ fault, fromMinute: minutes - fault.minutes })) },
  ]
}

function verdictOn(
  fault: Fault,
  agents: readonly SimulatedAgent[],
  firingsOf: (agent: SimulatedAgent) => readonly Firing[],
): FaultVerdict {
  const delays = agents.flatMap((agent) =>
    agent.planted
      .filter((planted) => planted.fault === fault)
      .map(({ fromMinute }) => {
        const from = startSeconds + fromMinute * 60
        const found = firingsOf(agent).filter(
          ({ fromSeconds }) => fromSeconds >= from && fromSeconds <= from + fault.minutes * 60,
        )
        return (Math.min(...found.map(({ fromSeconds }) => fromSeconds)) - from) / 60
      }),
  )
  const found = delays.filter((delay) => Number.isFinite(delay)).toSorted((one, other) => one - other)
  return { fault: fault.name, planted: delays.length, delaysMinutes: found }
}

/**
 * Plants the faults in turn, one every third day from the second week on, at a random time at which
 * the agent has at least 0.6 of its peak until the fault ends.
 */
export function plantedFaults(shape: TrafficShape, kinds: readonly Fault[], minutes: number, seed: string): readonly Planted[] {
  const random = randomFrom(`${seed} ${kinds.map(({ name }) => name).join(' ')}`)
  const lastDays = Array.from({ length: 7 * minutesPerDay }, (_, n) => shape.expected(minutes - 1 - n))
  const busy = 0.6 * Math.max(...lastDays)
  const planted: Planted[] = []
  let earliestDay = 10
  for (let day = earliestDay; day < minutes / minutesPerDay - 1; day += 1) {
    const fault = kinds[planted.length % kinds.length]!
    const isBusy = (from: number): boolean =>
      [0, 0.25, 0.5, 0.75, 1].every((share) => shape.expected(from + Math.floor(share * fault.minutes)) >= busy)
    const candidates = Array.from({ length: minutesPerDay / 10 }, (_, n) => day * minutesPerDay + n * 10).filter(isBusy)
    if (day < earliestDay || candidates.length === 0) continue
    planted.push({ fault, fromMinute: candidates[Math.floor(random.uniform() * candidates.length)]! })
    // On the shape with few busy days, one each day
    earliestDay = day + (shape.name === 'weekend' ? 1 : 3)
  }
  return planted
}
