import { fixedRandom } from '@swarmwatch/testkit'

/** Executions of each hour, from a Monday at 00:00 on. */
export type Shape = (hours: number, seed: number) => Float64Array

const daily = (hour: number): number => 1 + 0.7 * Math.sin((((hour % 24) - 9) / 24) * 2 * Math.PI)
const isWeekend = (hour: number): boolean => Math.floor(hour / 24) % 7 >= 5
const weekend = (hour: number): number => daily(hour) * (isWeekend(hour) ? 0.3 : 1)
const isOffice = (hour: number): boolean => !isWeekend(hour) && hour % 24 >= 8 && hour % 24 < 18

/** Kinds of traffic that swarms have. */
export const shapes: Readonly<Record<string, Shape>> = {
  flat: (hours, seed) => counts(hours, seed, () => 60),
  daily: (hours, seed) => counts(hours, seed, (hour) => 60 * daily(hour)),
  'office hours': (hours, seed) => counts(hours, seed, (hour) => (isOffice(hour) ? 90 : 2)),
  weekend: (hours, seed) => counts(hours, seed, (hour) => 60 * weekend(hour)),
  bursty: (hours, seed) => {
    // Self-exciting: runs cause more runs, and sometimes many arrive at once
    let excited = 0
    const random = fixedRandom(seed + 1)
    return counts(hours, seed, (hour) => {
      excited = 0.7 * excited + 5 * daily(hour) * random() * 2
      return 20 * daily(hour) + (random() < 0.05 ? 80 : 0) + 0.8 * excited
    })
  },
  growing: (hours, seed) => counts(hours, seed, (hour) => 40 * weekend(hour) * 1.06 ** (hour / 168)),
  sparse: (hours, seed) => counts(hours, seed, (hour) => 0.8 * daily(hour)),
  deployments: (hours, seed) => {
    const random = fixedRandom(seed + 1)
    let level = 1
    return counts(hours, seed, (hour) => {
      if (hour % 120 === 37) level = 0.9 + 0.2 * random()
      return 60 * level * weekend(hour)
    })
  },
  restarts: (hours, seed) => {
    const random = fixedRandom(seed + 1)
    return counts(hours, seed, (hour) => 60 * weekend(hour) * (random() < 0.01 ? 0.4 : 1))
  },
}

/** Traffic without a rhythm, as a trace of production has it: a level that wanders slowly up and down, with bursts on top. */
export const wandering: Shape = (hours, seed) => {
  const random = fixedRandom(seed + 1)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  let [level, burst] = [0, 0]
  return counts(hours, seed, () => {
    level = 0.998 * level + 0.025 * normal()
    burst = 0.5 * burst + 0.35 * normal()
    return 14 * Math.exp(level + burst)
  })
}

function counts(hours: number, seed: number, rate: (hour: number) => number): Float64Array {
  const random = fixedRandom(seed)
  return Float64Array.from({ length: hours }, (_, hour) => poisson(rate(hour), random))
}

/** A number of independent events with this mean. */
export function poisson(mean: number, random: () => number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  let count = 0
  for (let product = random(); product > Math.exp(-mean); product *= random()) count++
  return count
}
