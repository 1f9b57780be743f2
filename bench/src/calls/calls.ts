import type { OwnProcess } from '../own-process.ts'
import type { Part, Ratio } from '../part.ts'
import { median, type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf, reasonLines } from '../table.ts'
import { type Counts, type Setup, type Variants, askSetup as ask, setups, startSetup } from './setups.ts'

/** One call after the other, and the first ones after a collection. */
export interface CallsResult {
  readonly steady: WrappedCallResult
  readonly afterCollection: WrappedCallResult
}

/** The benchmark of one wrapped call: by hand, with Swarmwatch and with peers. */
export const calls: Part<CallsResult> = {
  name: 'calls',
  hasPeers: true,
  async measure({ isShort, noPeers }) {
    const size = isShort ? { rounds: 15, callsPerRound: 4_000 } : { rounds: 60, callsPerRound: 5_000 }
    const setupNames = isShort ? ['sdk-3'] : setups.map(({ name }) => name)
    return {
      steady: await measureWrappedCall({ ...size, warmUpCalls: 500, collectsFirst: false }, { noPeers, setupNames }),
      afterCollection: await measureWrappedCall(
        { rounds: size.rounds / 3, callsPerRound: 2_000, warmUpCalls: 0, collectsFirst: true },
        { noPeers, setupNames: ['sdk-3'] },
      ),
    }
  },
  ratios({ steady }): Ratio[] {
    return steady.rows
      .filter(({ variant }) => variant === 'swarmwatch')
      .map(({ setup, measured }) => ({
        what: `one wrapped call (${setup}) against the same by hand`,
        value: measured?.ratio.median ?? Number.NaN,
        goal: { atMost: 1.05 },
      }))
  },
  section({ steady, afterCollection }) {
    return `## One wrapped call

${table('OpenTelemetry SDK 3', steady, ['sdk-3'])}
An async function that returns at once, called one after the other, with a real OpenTelemetry SDK. "By hand" (\`bench/src/calls/by-hand.ts\`)
records the same two spans and the same metric recordings, with the same attributes, around the same kind of cockatiel policy; it has no guard against telemetry that throws,
no health window, no record of recent runs, and no abort while it waits. "Spans" and "points" are what the exporters were given for each call, counted
after the run, so that no library wins by doing nothing; the two recordings of the up-down counter cancel each other out, so that they are not among the points.
${steady.rounds} rounds of ${steady.callsPerRound} calls; exporting, every 500 calls, is not timed. In each round every variant runs once, in alternating order. "x by hand" is
the median of the ratios within each round; "middle half" is the range from the first to the third quartile. The goals: at most 1.05 by hand, fewer
added microseconds than each peer that records as much, and fewer for each signal than all.

${otherSetups(steady)}${table('SDK 3, after a collection', afterCollection, ['sdk-3'])}
The first ${afterCollection.callsPerRound} calls after a full collection that was forced. When no object of a shape is in memory at that moment, V8 throws the shape
away, and with it the optimised code that was made for it. The SDK keeps the last run that has succeeded, so that the shapes of runs remain. What that run changes
was measured alone, on 2026-12-01 at a load of 25 to 35: without it 1.76 to 1.89 by hand in four processes, with it 0.94 to 1.21 in four others (30 rounds each).
A table that is older than that date shows it without. Sampled allocations of a call: 19.2 KB, of which the OpenTelemetry SDK makes most, against 18.6 KB by hand.
`
  },
}

function otherSetups(steady: WrappedCallResult): string {
  const isOne = steady.rows.every(({ setup }) => setup === 'sdk-3')
  if (isOne) return ''
  return `${table('OpenTelemetry SDK 2', steady, ['sdk-2'])}
The same on the SDK that the peers are made for. A goal of 1.05 is met if the row of Swarmwatch shows it. In a profile of the CPU (SDK 3, steady), code of Swarmwatch
itself takes a fifth of a call: most of it is the start of the attempt and the making of the run object; the rest is the OpenTelemetry SDK, the garbage collector and
AsyncLocalStorage.

${table('a provider of their own', steady, ['sentry', 'traceloop'])}
Each in a process of its own, set up as its documentation describes, but with an exporter that counts. "x by hand" is against the table of the same
OpenTelemetry version above.

${table('less is registered', steady, ['no-gen-ai', 'spans-only', 'none'])}
With a view that drops \`gen_ai.*\` metrics, without a meter provider, and with nothing at all.

`
}

function table(title: string, { rows }: WrappedCallResult, setupNames: readonly string[]): string {
  const some = rows.filter(({ setup }) => setupNames.includes(setup))
  const cells = asciiTable(
    [title, 'us', 'middle half', 'added us', 'spans', 'points', 'added us/signal', 'x by hand', 'middle half'],
    some.flatMap(cellsOf),
  )
  const reasons = reasonLines(some.map(({ variant, reason }) => ({ name: variant, reason })))
  return `\`\`\`\n${cells}\n\`\`\`\n${reasons && `\n${reasons.trimEnd()}\n`}`
}

function cellsOf({ variant, measured }: WrappedCallRow): string[][] {
  if (measured === undefined) return []
  const { microseconds, addedMicroseconds, spans, recordings, addedPerSignal, ratio } = measured
  return [
    [
      variant,
      microseconds.median.toFixed(2),
      middleHalf(microseconds, 2),
      addedMicroseconds.toFixed(2),
      String(spans),
      String(recordings),
      addedPerSignal?.toFixed(2) ?? '-',
      ratio.median.toFixed(2),
      middleHalf(ratio, 2),
    ],
  ]
}

export interface WrappedCallRow {
  readonly setup: string
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

/** One variant at its setup, with the times of all rounds. */
interface Entry {
  readonly setup: Setup
  readonly process: OwnProcess
  readonly variant: string
  readonly times: number[]
}

const unmeasuredRounds = 3

/**
 * One call that succeeds at once, in every way of `variants.ts`, each process idle while another one is measured. All variants run in
 * each round, forwards and backwards in turn, so that a slow moment affects all alike and no variant always runs after the same one.
 */
async function measureWrappedCall(
  size: WrappedCallSize,
  { noPeers, setupNames }: { noPeers?: string | undefined; setupNames?: readonly string[] } = {},
): Promise<WrappedCallResult> {
  const asked = setups.filter(({ name }) => setupNames?.includes(name) ?? true)
  const running = asked.map((setup) => ({ setup, process: startSetup(setup.name, noPeers) }))
  try {
    const entries: Entry[] = []
    const rows: WrappedCallRow[] = []
    for (const { setup, process } of running) {
      for (const { variant, reason } of await variantsAt(process)) {
        if (reason === undefined) entries.push({ setup, process, variant, times: [] })
        else rows.push({ setup: setup.name, variant, reason })
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

/** A setup that cannot even start has one row that suffix so. */
async function variantsAt(process: OwnProcess): Promise<Variants> {
  return ask<Variants>(process, 'variants').catch((error: unknown) => [{ variant: 'the whole process', reason: String(error) }])
}

async function rowOf({ setup, process, variant, times }: Entry, entries: readonly Entry[]): Promise<WrappedCallRow> {
  const bare = entries.find((entry) => entry.process === process && entry.variant.startsWith('bare'))!
  const byHand = entries.find((entry) => entry.setup.name === setup.base && entry.variant.startsWith('by hand'))
  const counts = await ask<Counts>(process, { countsOf: variant, calls: 100 })
  const added = median(times) - median(bare.times)
  const signals = counts.spans + counts.recordings
  return {
    setup: setup.name,
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
function isWorthARow({ setup, variant }: Entry): boolean {
  return !variant.startsWith('bare') || setup.name === 'sdk-3' || setup.name === 'sdk-2'
}
