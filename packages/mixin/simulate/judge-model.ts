import { faults, type Planted } from './faults.ts'
import { plantedFaults } from './judge-shape.ts'
import { modelOfRules } from './model-of-rules.ts'
import { randomFrom } from './random.ts'
import { minutesPerDay, trafficOf, type TrafficShape } from './traffic-shapes.ts'

/** Verdict about the number of runs of many agents with the traffic of a shape. */
export interface ModelVerdict {
  readonly shape: string
  /** Alerts of agents without faults, for each 30 days of an agent. */
  readonly falseAlarmsPerMonth: number
  /** Minutes until each fault was found, ascending; infinite if it was not found while it lasted. */
  readonly delaysMinutes: Readonly<Record<'stop' | 'halving' | 'doubling', readonly number[]>>
}

const minutes = 35 * minutesPerDay

/** Judges the model of the rules on agents with and agents without faults. */
export function judgeModel(shape: TrafficShape, agents: number, seed = '1'): ModelVerdict {
  const kinds = faults.filter(({ name }) => ['stop', 'halving', 'doubling'].includes(name))
  const names = Array.from({ length: agents }, (_, n) => `${seed} ${shape.name} ${n}`)
  const clean = names.map((name) => modelOfRules(runsOf(shape, [], `${name} clean`)))
  const delays: Record<string, number[]> = { stop: [], halving: [], doubling: [] }
  for (const name of names) {
    const planted = plantedFaults(shape, kinds, minutes, name)
    const { fewer, more } = modelOfRules(runsOf(shape, planted, name))
    for (const { fault, fromMinute } of planted) {
      const alerts = fault.name === 'doubling' ? more : fewer
      const found = alerts.find((minute) => minute >= fromMinute && minute <= fromMinute + fault.minutes)
      delays[fault.name]!.push((found ?? Number.POSITIVE_INFINITY) - fromMinute)
    }
  }
  const sorted = (name: string): readonly number[] => delays[name]!.toSorted((one, other) => one - other)
  return {
    shape: shape.name,
    falseAlarmsPerMonth:
      clean.reduce((sum, { fewer, more }) => sum + fewer.length + more.length, 0) / ((agents * minutes) / (30 * minutesPerDay)),
    delaysMinutes: { stop: sorted('stop'), halving: sorted('halving'), doubling: sorted('doubling') },
  }
}

function runsOf(shape: TrafficShape, planted: readonly Planted[], seed: string): readonly number[] {
  const traffic = trafficOf(shape, randomFrom(seed))
  return Array.from({ length: minutes }, (_, minute) => {
    const active = planted.find(({ fault, fromMinute }) => minute >= fromMinute && minute < fromMinute + fault.minutes)
    const runs = traffic(minute, active?.fault.effect(minute - active.fromMinute).runs ?? 1)
    // Runs of the minute of a restart are lost
    return shape.restartsAt?.(minute) === true ? 0 : runs
  })
}
