import { instrumentAgent } from '@swarmwatch/sdk'

import { byHand } from './by-hand.ts'
import { median, spreadOf, type Spread } from './statistics.ts'
import type { CountingTelemetry } from './telemetry.ts'

export interface WrappedCallRow {
  readonly variant: string
  /** Microseconds a call. */
  readonly microseconds: Spread
  /** The median without that of the bare call. */
  readonly addedMicroseconds: number
  readonly spansPerCall: number
  /** Added time divided by spans. */
  readonly addedPerSpan: number | undefined
  /** Time of this variant divided by that of `by hand`, round by round. */
  readonly ratio: Spread
}

export interface WrappedCallResult extends WrappedCallSize {
  readonly rows: readonly WrappedCallRow[]
}

export interface WrappedCallSize {
  readonly rounds: number
  readonly callsPerRound: number
  /**
   * A full collection before each variant of each round. When nothing runs meanwhile, V8 forgets the shapes of the objects of a run, and
   * with them the optimised code: this is what the first calls after a quiet moment cost.
   */
  readonly collectsFirst: boolean
}

type Task = (text: string) => Promise<number>

const warmUpRounds = 5
/** Calls between two exports: as many spans as a busy process holds, not all of a round. */
const callsPerExport = 500

/**
 * One call that succeeds at once: bare, by hand and wrapped. All variants run in each round, forwards and backwards in turn, so that a
 * slow moment hits all alike and nobody always runs after the same neighbour.
 */
export async function measureWrappedCall(
  telemetry: CountingTelemetry,
  { rounds, callsPerRound, collectsFirst }: WrappedCallSize,
): Promise<WrappedCallResult> {
  const task: Task = async (text) => text.length
  const variants: Record<string, Task> = {
    bare: task,
    'by hand': byHand('by-hand', task),
    swarmwatch: instrumentAgent(task, { name: 'swarmwatch' }),
    'swarmwatch, recovery: false': instrumentAgent(task, { name: 'swarmwatch-no-recovery', recovery: false }),
  }
  const names = Object.keys(variants)
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  const spans: Record<string, number> = {}
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      if (collectsFirst) globalThis.gc?.()
      const before = telemetry.spans()
      const microseconds = await timePerCall(variants[name]!, callsPerRound, telemetry)
      spans[name] = (telemetry.spans() - before) / callsPerRound
      if (round >= warmUpRounds) times[name]!.push(microseconds)
    }
  }
  await checkSameRecordings(telemetry)
  const bare = median(times['bare']!)
  const rows = names.map((variant) => {
    const added = median(times[variant]!) - bare
    return {
      variant,
      microseconds: spreadOf(times[variant]!),
      addedMicroseconds: added,
      spansPerCall: spans[variant]!,
      addedPerSpan: spans[variant]! > 0 ? added / spans[variant]! : undefined,
      ratio: spreadOf(times[variant]!.map((time, round) => time / times['by hand']![round]!)),
    }
  })
  return { rows, rounds, callsPerRound, collectsFirst }
}

/** Calls in a row, in microseconds each; exporting is not timed. */
async function timePerCall(task: Task, calls: number, telemetry: CountingTelemetry): Promise<number> {
  let milliseconds = 0
  for (let done = 0; done < calls; done += callsPerExport) {
    const started = performance.now()
    for (let call = 0; call < callsPerExport; call += 1) await task('a task')
    milliseconds += performance.now() - started
    await telemetry.flush()
  }
  return (milliseconds * 1000) / calls
}

/** A comparison is only fair while both record the same. Throws when they do not. */
async function checkSameRecordings(telemetry: CountingTelemetry): Promise<void> {
  const [ours, theirs] = [await telemetry.recordings('swarmwatch'), await telemetry.recordings('by-hand')]
  for (const [name, count] of Object.entries(theirs)) {
    if (ours[name] !== count)
      throw new Error(`${name}: by hand recorded ${count}, swarmwatch ${ours[name]}; the comparison is not fair`)
  }
}
