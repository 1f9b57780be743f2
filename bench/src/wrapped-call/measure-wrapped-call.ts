import type { OwnProcess } from '../own-process.ts'
import { median, spreadOf, type Spread } from '../statistics.ts'
import type { Counts, Variants } from './stand-program.ts'
import { askStand as ask, startStand } from './start-stand.ts'
import { stands, type Stand } from './stands.ts'

export interface WrappedCallRow {
  readonly stand: string
  readonly variant: string
  /** Why it could not be measured; the rest is not there then. */
  readonly reason?: string
  readonly measured?: Measured
}

export interface Measured extends Counts {
  /** Microseconds a call. */
  readonly microseconds: Spread
  /** The median without that of the bare call in the same process. */
  readonly addedMicroseconds: number
  /** Added time divided by what is exported: spans and recordings. */
  readonly addedPerSignal: number | undefined
  /** Time of this variant divided by that of `by hand` on the same provider, round by round. */
  readonly ratio: Spread
}

export interface WrappedCallSize {
  readonly rounds: number
  readonly callsPerRound: number
  /** Not timed, before each variant of each round: what ran before it was another process. */
  readonly warmUpCalls: number
  /**
   * A full collection before each variant of each round. When nothing runs meanwhile, V8 forgets the shapes of the objects of a run, and
   * with them the optimised code: this is what the first calls after a quiet moment cost.
   */
  readonly collectsFirst: boolean
}

export interface WrappedCallResult extends WrappedCallSize {
  readonly rows: readonly WrappedCallRow[]
}

/** One variant at its stand, with the times of all rounds. */
interface Entry {
  readonly stand: Stand
  readonly process: OwnProcess
  readonly variant: string
  readonly times: number[]
}

const unmeasuredRounds = 3

/**
 * One call that succeeds at once, in every way of `variants.ts`, each process standing still while another is asked. All variants run in
 * each round, forwards and backwards in turn, so that a slow moment hits all alike and nobody always runs after the same neighbour.
 */
export async function measureWrappedCall(
  size: WrappedCallSize,
  { noPeers, standNames }: { noPeers?: string | undefined; standNames?: readonly string[] } = {},
): Promise<WrappedCallResult> {
  const asked = stands.filter(({ name }) => standNames?.includes(name) ?? true)
  const running = asked.map((stand) => ({ stand, process: startStand(stand.name, noPeers) }))
  try {
    const entries: Entry[] = []
    const rows: WrappedCallRow[] = []
    for (const { stand, process } of running) {
      for (const { variant, reason } of await variantsAt(process)) {
        if (reason === undefined) entries.push({ stand, process, variant, times: [] })
        else rows.push({ stand: stand.name, variant, reason })
      }
    }
    for (let round = -unmeasuredRounds; round < size.rounds; round += 1) {
      for (const { process, variant, times } of round % 2 === 0 ? entries : entries.toReversed()) {
        const microseconds = await ask<number>(process, { variant, calls: size.callsPerRound, ...size })
        if (round >= 0) times.push(microseconds)
      }
    }
    for (const entry of entries) if (isWorthARow(entry)) rows.push(await rowOf(entry, entries))
    return { ...size, rows }
  } finally {
    await Promise.all(running.map(({ process }) => process.end()))
  }
}

/** A stand that cannot even start has one row that says so. */
async function variantsAt(process: OwnProcess): Promise<Variants> {
  return ask<Variants>(process, 'variants').catch((error: unknown) => [{ variant: 'the whole process', reason: String(error) }])
}

async function rowOf({ stand, process, variant, times }: Entry, entries: readonly Entry[]): Promise<WrappedCallRow> {
  const bare = entries.find((entry) => entry.process === process && entry.variant.startsWith('bare'))!
  const byHand = entries.find((entry) => entry.stand.name === stand.base && entry.variant.startsWith('by hand'))
  const counts = await ask<Counts>(process, { countsOf: variant, calls: 100 })
  const added = median(times) - median(bare.times)
  const signals = counts.spans + counts.recordings
  return {
    stand: stand.name,
    variant,
    measured: {
      ...counts,
      microseconds: spreadOf(times),
      addedMicroseconds: added,
      addedPerSignal: signals > 0 ? added / signals : undefined,
      ratio: spreadOf(times.map((time, round) => time / (byHand ?? bare).times[round]!)),
    },
  }
}

/** The bare call is shown once for each provider, not for each process. */
function isWorthARow({ stand, variant }: Entry): boolean {
  return !variant.startsWith('bare') || stand.name === 'sdk-3' || stand.name === 'sdk-2'
}
