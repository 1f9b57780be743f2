/** Changes by a fault, as factors of the usual values. */
export interface Effect {
  readonly runs?: number
  readonly duration?: number
  /** The failed share of the runs, instead of the usual one. */
  readonly failedShare?: number
  readonly tokens?: number
  readonly toolCalls?: number
  readonly cost?: number
}

/** A fault that the simulator plants. */
export interface Fault {
  readonly name: string
  readonly about: string
  /** Times the fault lasts. */
  readonly minutes: number
  /** The effect after a number of minutes. */
  effect(minutes: number): Effect
}

const hours = 60
const days = 24 * hours

/** All faults. */
export const faults: readonly Fault[] = [
  { name: 'stop', about: 'no runs', minutes: 3 * hours, effect: () => ({ runs: 0 }) },
  { name: 'halving', about: 'half the runs', minutes: 3 * hours, effect: () => ({ runs: 0.5 }) },
  { name: 'doubling', about: 'twice the runs', minutes: 3 * hours, effect: () => ({ runs: 2 }) },
  {
    name: 'error burst',
    about: '15 % of the runs fail instead of 2 %',
    minutes: 3 * hours,
    effect: () => ({ failedShare: 0.15 }),
  },
  {
    name: 'token blow-up',
    about: 'three times the tokens and the tool calls of a run',
    minutes: 3 * hours,
    effect: () => ({ tokens: 3, cost: 3, toolCalls: 3 }),
  },
  { name: 'cost spike', about: 'a run costs four times as much', minutes: 3 * hours, effect: () => ({ cost: 4 }) },
  {
    name: 'slow drift',
    about: 'runs take 6 % longer each day, for ten days',
    minutes: 10 * days,
    effect: (minutes) => ({ duration: 1.06 ** (minutes / days) }),
  },
]

/** A fault at its time. */
export interface Planted {
  readonly fault: Fault
  readonly fromMinute: number
}

export function effectAt(planted: readonly Planted[], minute: number): Effect {
  const now = planted.find(({ fault, fromMinute }) => minute >= fromMinute && minute < fromMinute + fault.minutes)
  return now === undefined ? {} : now.fault.effect(minute - now.fromMinute)
}
