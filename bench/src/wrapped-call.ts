import { instrumentAgent } from '@swarmwatch/sdk'

import { byHand } from './by-hand.ts'
import { median } from './statistics.ts'
import type { CountingTelemetry } from './telemetry.ts'

export interface WrappedCallRow {
  readonly variant: string
  /** Microseconds a call, median of all rounds. */
  readonly microseconds: number
  /** The same without the bare call. */
  readonly added: number
  readonly spansPerCall: number
}

export interface WrappedCallResult {
  readonly rows: readonly WrappedCallRow[]
  /** Ours against by hand, median of the ratios of each round. */
  readonly ratio: number
  readonly rounds: number
  readonly callsPerRound: number
}

type Task = (text: string) => Promise<number>

/** One call that succeeds at once: bare, by hand and wrapped, in turn within each round, so that a slow moment hits all alike. */
export async function measureWrappedCall(
  telemetry: CountingTelemetry,
  rounds: number,
  callsPerRound: number,
): Promise<WrappedCallResult> {
  const task: Task = async (text) => text.length
  const variants: Record<string, Task> = {
    bare: task,
    'by hand': byHand('by-hand', task),
    swarmwatch: instrumentAgent(task, { name: 'swarmwatch' }),
    'swarmwatch, recovery: false': instrumentAgent(task, { name: 'swarmwatch-no-recovery', recovery: false }),
  }
  const times: Record<string, number[]> = {}
  const spans: Record<string, number> = {}
  for (let round = 0; round <= rounds; round += 1) {
    // Another order in each round: nobody always runs after the same neighbour
    const order = Object.keys(variants).map((_, at, all) => all[(at + round) % all.length]!)
    for (const variant of order) {
      const before = telemetry.spans()
      const microseconds = await timePerCall(variants[variant]!, callsPerRound)
      await telemetry.flush()
      // The first round only warms up
      if (round === 0) continue
      ;(times[variant] ??= []).push(microseconds)
      spans[variant] = (telemetry.spans() - before) / callsPerRound
    }
  }
  const bare = median(times.bare!)
  const rows = Object.keys(variants).map((variant) => ({
    variant,
    microseconds: median(times[variant]!),
    added: median(times[variant]!) - bare,
    spansPerCall: spans[variant]!,
  }))
  const ratio = median(times.swarmwatch!.map((ours, round) => ours / times['by hand']![round]!))
  return { rows, ratio, rounds, callsPerRound }
}

async function timePerCall(task: Task, calls: number): Promise<number> {
  globalThis.gc?.()
  const started = performance.now()
  for (let call = 0; call < calls; call += 1) await task('a task')
  return ((performance.now() - started) * 1000) / calls
}
