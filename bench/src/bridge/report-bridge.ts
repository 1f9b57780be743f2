import { asciiTable } from '../table.ts'
import type { Spread } from '../statistics.ts'
import type { AcknowledgementRow } from './acknowledgements.ts'
import type { PacedResult, Times } from './paced.ts'
import type { WaitingResult } from './waiting.ts'

/** What was measured of the alert bridge. */
export interface BridgeResult {
  readonly acknowledgements: readonly AcknowledgementRow[]
  readonly paced: PacedResult
  readonly waiting: WaitingResult
}

interface BridgeTables {
  readonly acknowledgements: string
  readonly paced: string
  readonly waiting: string
}

function bridgeTables({ acknowledgements, paced, waiting }: BridgeResult): BridgeTables {
  const { deliveries, megabytes, start } = waiting
  return {
    acknowledgements: asciiTable(
      ['connections', 'bare/s', 'bridge/s', 'x bare', 'middle half', 'and telling/s', 'x bare', 'middle half'],
      acknowledgements.map(({ connections, barePerSecond, waiting: alone, telling }) => [
        String(connections),
        barePerSecond.median.toFixed(0),
        ...[alone, telling].flatMap(({ perSecond, ratio }) => [
          perSecond.median.toFixed(0),
          ratio.median.toFixed(2),
          half(ratio),
        ]),
      ]),
    ),
    paced: asciiTable(
      ['at a steady pace, ms', 'median', 'p95', 'p99', 'most', 'alerts'],
      [
        timesRow('to the acknowledgement, 1,000 a second', paced.acknowledgement),
        timesRow("to the channel's acceptance, 20 a second", paced.acceptance),
      ],
    ),
    waiting: asciiTable(
      [`${deliveries} deliveries wait`, ''],
      [
        ...(megabytes === undefined
          ? []
          : [
              ['MB, with nothing to do', megabytes.idle.toFixed(0)],
              ['MB at most, while all came as fast as they could', megabytes.mostWhileTaken.toFixed(0)],
              ['MB afterwards', megabytes.afterwards.toFixed(0)],
              ['MB after the next start', megabytes.restarted.toFixed(0)],
            ]),
        ['ms to start on an empty store', start.empty.toFixed(0)],
        ['ms to start after SIGKILL with all that waits', start.waiting.toFixed(0)],
      ],
    ),
  }
}

function timesRow(name: string, { median, p95, p99, most, count }: Times): string[] {
  return [name, ...[median, p95, p99, most].map((time) => time.toFixed(1)), String(count)]
}

const half = ({ from, to }: Spread): string => `${from.toFixed(2)}-${to.toFixed(2)}`

/** The part of docs/benchmarks.md about the bridge. */
export function bridgeSection(result: BridgeResult): string {
  const tables = bridgeTables(result)
  return `## Alert bridge

\`\`\`
${tables.acknowledgements}
\`\`\`

Requests that were answered 200, each after its commit was on disk, from one process over kept-alive connections; every request is another group of
one alert. "Bare" (\`bench/src/bridge/bare-server.ts\`) is node:http, JSON.parse and one transaction of node:sqlite for all requests of a turn, with the
rows that the bridge writes, into the same tables; it checks nothing, looks nothing up and tells nobody. The bridge is measured twice: with a
channel that is down, so that all waits as in the bare server, and with one that works, where all is told meanwhile (in digests, since it is a
storm). All three run in each round, half a second each, in alternating order; "x bare" is the median of the ratios within each round. The goal is at least 0.8.

\`\`\`
${tables.paced}
\`\`\`

Counted from when a request was due, whether or not the ones before were answered (64 connections, ${result.paced.seconds} s). The goals are a p99 below 50 ms to
the acknowledgement and a p95 below 250 ms to the acceptance of a critical alert by the custom webhook.

\`\`\`
${tables.waiting}
\`\`\`

Resident memory of the whole process, with the channel down. The start is from the start of Node to the line that says it is ready. The goals are less
than 150 MB while they wait, and a start in less than 2 s.
`
}
