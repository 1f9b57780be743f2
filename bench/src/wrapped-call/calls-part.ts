import type { Part, Ratio } from '../part.ts'
import { asciiTable, middleHalf, reasonLines } from '../table.ts'
import { measureWrappedCall, type WrappedCallResult, type WrappedCallRow } from './measure-wrapped-call.ts'
import { stands } from './stands.ts'

/** One call after the other, and the first ones after a collection. */
export interface CallsResult {
  readonly steady: WrappedCallResult
  readonly afterCollection: WrappedCallResult
}

/** What one wrapped call costs, by hand, by us and by peers. */
export const calls: Part<CallsResult> = {
  name: 'calls',
  hasPeers: true,
  async measure({ isShort, noPeers }) {
    const size = isShort ? { rounds: 15, callsPerRound: 4_000 } : { rounds: 60, callsPerRound: 5_000 }
    const standNames = isShort ? ['sdk-3'] : stands.map(({ name }) => name)
    return {
      steady: await measureWrappedCall({ ...size, warmUpCalls: 500, collectsFirst: false }, { noPeers, standNames }),
      afterCollection: await measureWrappedCall(
        { rounds: size.rounds / 3, callsPerRound: 2_000, warmUpCalls: 0, collectsFirst: true },
        { noPeers, standNames: ['sdk-3'] },
      ),
    }
  },
  ratios({ steady }): Ratio[] {
    return steady.rows
      .filter(({ variant }) => variant === 'swarmwatch')
      .map(({ stand, measured }) => ({
        what: `one wrapped call (${stand}) against the same by hand`,
        value: measured?.ratio.median ?? Number.NaN,
        goal: { atMost: 1.15 },
      }))
  },
  section({ steady, afterCollection }) {
    return `## One wrapped call

${table('OpenTelemetry SDK 3', steady, ['sdk-3'])}
An async function that returns at once, called one after the other, with a real OpenTelemetry SDK. "By hand" (\`bench/src/wrapped-call/by-hand.ts\`)
records the same two spans and the same metric recordings around the same kind of cockatiel policy; it has no guard against telemetry that throws,
no health window, no record of recent runs, and no abort while it waits. "Spans" and "points" are what the exporters were given for each call, counted
after the run, so that no library wins by doing nothing; the two recordings of the up-down counter cancel each other out, so that they are not among the points.
${steady.rounds} rounds of ${steady.callsPerRound} calls; exporting, every 500 calls, is not timed. In each round every variant runs once, in alternating order. "x by hand" is
the median of the ratios within each round; "middle half" is the range from the first to the third quartile. The goals: at most 1.15 by hand, fewer
added microseconds than each peer that records as much, and fewer for each signal than all.

${otherStands(steady)}${table('SDK 3, after a collection', afterCollection, ['sdk-3'])}
The first ${afterCollection.callsPerRound} calls after a full collection that was forced: when nothing runs at that moment, V8 throws optimised code away with the object
shapes it was made for. Few processes collect so often; the table shows the other end.
`
  },
}

function otherStands(steady: WrappedCallResult): string {
  const isOne = steady.rows.every(({ stand }) => stand === 'sdk-3')
  if (isOne) return ''
  return `${table('OpenTelemetry SDK 2', steady, ['sdk-2'])}
The same on the SDK that the peers are made for.

${table('a provider of their own', steady, ['sentry', 'traceloop'])}
Each in a process of its own, set up as its documentation says, but with an exporter that counts. "x by hand" is against the table of the same
OpenTelemetry version above.

${table('less is registered', steady, ['no-gen-ai', 'spans-only', 'none'])}
With a view that drops \`gen_ai.*\` metrics, without a meter provider, and with nothing at all.

`
}

function table(title: string, { rows }: WrappedCallResult, standNames: readonly string[]): string {
  const some = rows.filter(({ stand }) => standNames.includes(stand))
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
