import type { Random } from './random.ts'

/** The first minute of every simulation: a Thursday, 2026-01-01 00:00 UTC. */
export const startSeconds: number = Date.UTC(2026, 0, 1) / 1_000
export const minutesPerDay: number = 24 * 60
export const minutesPerWeek: number = 7 * minutesPerDay

/** The traffic of an agent: how many runs start in each minute. */
export interface TrafficShape {
  readonly name: string
  readonly about: string
  /** Expected runs of a minute, without chance and without faults. */
  expected(minute: number): number
  /** Whether each run makes further runs more likely for a while. @default false */
  readonly isBursty?: boolean
  /** Minutes at which the process restarts: its counters begin again, and it is away for a minute. */
  restartsAt?(minute: number): boolean
}

const runsPerMinute = 20

/** All shapes. The expected number of runs has the same peak, except for the sparse one. */
export const trafficShapes: readonly TrafficShape[] = [
  { name: 'flat', about: 'the same at all times', expected: () => runsPerMinute },
  { name: 'daily', about: 'a wave with its peak at noon, a fifth of it at night', expected: dailyWave },
  {
    name: 'office hours',
    about: 'Monday to Friday, 8:00 to 17:00; nearly nothing at other times',
    expected: (minute) => (isWeekend(minute) ? 0.02 : Math.max(0.02, plateau(minute, 8, 17))) * runsPerMinute,
  },
  {
    name: 'weekend',
    about: 'a daily wave on Saturday and Sunday, a fifth of it on other days',
    expected: (minute) => dailyWave(minute) * (isWeekend(minute) ? 1 : 0.2),
  },
  {
    name: 'bursty',
    about: 'each run makes 0.5 further runs within minutes (self-exciting)',
    expected: () => runsPerMinute,
    isBursty: true,
  },
  {
    name: 'growing',
    about: 'a daily wave that grows by 10 % each week',
    expected: (minute) => dailyWave(minute) * 1.1 ** (minute / minutesPerWeek - 4),
  },
  { name: 'sparse', about: 'three runs an hour', expected: () => 0.05 },
  {
    name: 'deployments',
    about: 'a daily wave; three deployments on each working day, with restarts and two minutes without runs',
    expected: (minute) => dailyWave(minute) * (isDeployment(minute) || isDeployment(minute - 1) ? 0 : 1),
    restartsAt: isDeployment,
  },
  {
    name: 'restarts',
    about: 'the same at all times; the process restarts every 47 minutes',
    expected: () => runsPerMinute,
    restartsAt: (minute) => minute % 47 === 46,
  },
]

function hourOf(minute: number): number {
  return (minute % minutesPerDay) / 60
}

function isWeekend(minute: number): boolean {
  // The first day is a Thursday
  return [2, 3].includes(Math.floor(minute / minutesPerDay) % 7)
}

function dailyWave(minute: number): number {
  return runsPerMinute * (0.6 - 0.4 * Math.cos((2 * Math.PI * hourOf(minute)) / 24))
}

/** 1 between these hours, with ramps of 20 minutes. */
function plateau(minute: number, from: number, to: number): number {
  const hour = hourOf(minute)
  return Math.max(0, Math.min(1, (hour - from) * 3, (to - hour) * 3))
}

function isDeployment(minute: number): boolean {
  return !isWeekend(minute) && [10.25, 13.5, 16.75].includes(hourOf(minute))
}

/** Runs of each minute: the expected number, a slow wobble of 8 %, and chance. */
export function trafficOf(shape: TrafficShape, random: Random): (minute: number, factor: number) => number {
  // Forgets half of its deviation in an hour
  const memory = 0.5 ** (1 / 60)
  let wobble = 0
  let excitement = 0
  const branching = shape.isBursty === true ? 0.5 : 0
  const fading = Math.exp(-1 / 5)
  return (minute, factor) => {
    wobble = wobble * memory + random.normal() * 0.08 * Math.sqrt(1 - memory ** 2)
    const own = shape.expected(minute) * (1 - branching) * Math.exp(wobble)
    const runs = random.poisson((own + excitement) * factor)
    // What a run adds fades within minutes and sums up to `branching`
    excitement = excitement * fading + (runs / Math.max(factor, 0.01)) * branching * (1 - fading)
    return runs
  }
}
