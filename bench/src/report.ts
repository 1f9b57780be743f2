import { bridgeSection, type BridgeResult } from './bridge/report-bridge.ts'
import type { HeapGrowthResult } from './heap-growth.ts'
import type { ImportTimeResult } from './import-time.ts'
import type { Machine } from './machine.ts'
import type { StatusPageResult } from './status-page.ts'
import type { Spread } from './statistics.ts'
import { asciiTable } from './table.ts'
import type { WrappedCallResult } from './wrapped-call.ts'

/** Everything that one run measured. */
export interface Results {
  readonly isShort: boolean
  readonly machine: Machine
  readonly wrappedCall: WrappedCallResult
  /** The same, just after a full collection. */
  readonly afterCollection: WrappedCallResult
  readonly importTime: ImportTimeResult
  readonly heapGrowth: HeapGrowthResult
  readonly statusPage: StatusPageResult
  readonly bridge: BridgeResult
}

interface Tables {
  readonly wrappedCall: string
  readonly afterCollection: string
  readonly importTime: string
  readonly heapGrowth: string
  readonly statusPage: string
}

/** The results as tables, one for each thing measured. */
export function tablesOf({ wrappedCall, afterCollection, importTime, heapGrowth, statusPage }: Results): Tables {
  return {
    wrappedCall: callsTable('one call', wrappedCall),
    afterCollection: callsTable('one call, after a collection', afterCollection),
    importTime: asciiTable(
      ['import', 'ms', 'middle half', 'added MB', 'middle half'],
      importTime.rows.map(({ imported, milliseconds, addedMegabytes }) => [
        imported,
        milliseconds.median.toFixed(1),
        half(milliseconds, 1),
        addedMegabytes.median.toFixed(1),
        half(addedMegabytes, 1),
      ]),
    ),
    heapGrowth: asciiTable(
      ['heap after calls', 'MB'],
      [
        [String(heapGrowth.calls / 10), (heapGrowth.bytesAtTenth / 1e6).toFixed(3)],
        [String(heapGrowth.calls), (heapGrowth.bytesAtEnd / 1e6).toFixed(3)],
        ['growth, bytes a call', heapGrowth.bytesPerCall.toFixed(3)],
      ],
    ),
    statusPage: asciiTable(
      ['readers of the page', 'executions/s', 'us an execution'],
      statusPage.rows.map(({ readers, callsPerSecond, microsecondsPerCall }) => [
        readers,
        callsPerSecond.toFixed(0),
        microsecondsPerCall.toFixed(2),
      ]),
    ),
  }
}

function callsTable(title: string, { rows }: WrappedCallResult): string {
  return asciiTable(
    [title, 'us', 'middle half', 'added us', 'spans', 'added us/span', 'x by hand', 'middle half'],
    rows.map(({ variant, microseconds, addedMicroseconds, spansPerCall, addedPerSpan, ratio }) => [
      variant,
      microseconds.median.toFixed(2),
      half(microseconds, 2),
      addedMicroseconds.toFixed(2),
      String(spansPerCall),
      addedPerSpan?.toFixed(2) ?? '-',
      ratio.median.toFixed(2),
      half(ratio, 2),
    ]),
  )
}

const half = ({ from, to }: Spread, digits: number): string => `${from.toFixed(digits)}-${to.toFixed(digits)}`

/** docs/benchmarks.md: what is compared, the numbers, where they come from. */
export function benchmarksPage(results: Results): string {
  const { machine, wrappedCall, afterCollection, importTime, statusPage } = results
  const { median, p95 } = statusPage.requestMilliseconds
  const tables = tablesOf(results)
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return `# Benchmarks

Written by \`npx pnpm@12.21.0 bench\`; do not edit. They measure, they do not judge: no test depends on them. Compare ratios of one run, not
microseconds of two. \`BENCH_SHORT=1\` takes about half a minute and writes nothing.

Measured on ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}; node ${machine.node},
${versions.join(', ')}.

## One wrapped call

\`\`\`
${tables.wrappedCall}
\`\`\`

An async function that returns at once, called one after the other. "By hand" (\`bench/src/by-hand.ts\`) records the same two spans and the same six
metric recordings, checked after the run, around the same kind of cockatiel policy; it has no guard against telemetry that throws, no health
window, no record of recent runs, and no abort while it waits. Real OpenTelemetry SDK; the exporter only counts, and exporting (every 500 calls) is not
timed. ${wrappedCall.rounds} rounds of ${wrappedCall.callsPerRound} calls after 5 to warm up; in each round every variant runs once, in alternating order. "x by hand" is the median of
the ratios within each round; "middle half" is the range from the first to the third quartile. The goal is at most 1.15.

\`\`\`
${tables.afterCollection}
\`\`\`

The same with a full collection by force before each variant and only ${afterCollection.callsPerRound} calls: when nothing runs at that moment, V8 throws optimised code away
with the object shapes it was made for, and these are the calls until it is back. Few processes collect so often; the table shows the other end.

## Import

\`\`\`
${tables.importTime}
\`\`\`

The built package in a process that has just started, ${importTime.runs} processes each, in turn; without the start of Node itself. The goal is less than 60 ms.

## Status page

\`\`\`
${tables.statusPage}
\`\`\`

100 agents in one process, 10,000 executions a second between them, ${statusPage.seconds} s at a time, in turn without and with readers. A request of the whole page took
${median.toFixed(1)} ms (p95 ${p95.toFixed(1)} ms, ${statusPage.requests} requests), sent by a process beside. The goal is a page in less than 50 ms, and agents that do not notice.

${bridgeSection(results.bridge)}
## Heap

\`\`\`
${tables.heapGrowth}
\`\`\`

Heap in use after a full collection, after a tenth of the calls and after all. The monitor keeps the last 1,000 runs, however many there were. The goal
is a flat line: well below one byte a call.
`
}
