import { rm } from 'node:fs/promises'

import type { Part } from '../part.ts'
import type { Spread } from '../statistics.ts'
import { asciiTable } from '../table.ts'
import { buildBridge } from './bridge-program.ts'
import {
  type AcknowledgementRow,
  measureAcknowledgements,
  measurePaced,
  measureWaiting,
  type PacedResult,
  type Times,
  type WaitingResult,
  type WaitingSize,
} from './measurements.ts'

/** The benchmark of the alert bridge: acknowledgements, deliveries, and memory while many deliveries wait. */
export const bridge: Part<BridgeResult> = {
  name: 'bridge',
  measure({ isShort }) {
    // All that is acknowledged waits: together it must stay below the 100,000 that an inbox holds
    return measureBridge(
      isShort
        ? { rounds: 3, milliseconds: 300, pacedSeconds: 1, deliveries: 3_000, starts: 1, settleMs: 500 }
        : { rounds: 17, milliseconds: 500, pacedSeconds: 10, deliveries: 100_000, starts: 3, settleMs: 10_000 },
    )
  },
  ratios({ acknowledgements }) {
    return acknowledgements.map(({ connections, waiting }) => ({
      what: `durable acknowledgements at ${connections} connections against a bare server`,
      value: waiting.ratio.median,
      goal: { atLeast: 0.8 },
    }))
  },
  section: bridgeSection,
}

interface BridgeSize extends WaitingSize {
  readonly rounds: number
  readonly milliseconds: number
  readonly pacedSeconds: number
}

/** Measures the built bridge, each time in a process of its own. */
async function measureBridge({ rounds, milliseconds, pacedSeconds, ...waiting }: BridgeSize): Promise<BridgeResult> {
  const { cli, folder } = await buildBridge()
  try {
    return {
      acknowledgements: await measureAcknowledgements(cli, rounds, milliseconds),
      paced: await measurePaced(cli, pacedSeconds),
      waiting: await measureWaiting(cli, waiting),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Measurements of the alert bridge. */
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
      ['connections', 'bare/s', 'bridge/s', 'x bare', 'middle half', 'and sending/s', 'x bare', 'middle half'],
      acknowledgements.map(({ connections, barePerSecond, waiting: alone, sending }) => [
        String(connections),
        barePerSecond.median.toFixed(0),
        ...[alone, sending].flatMap(({ perSecond, ratio }) => [
          perSecond.median.toFixed(0),
          ratio.median.toFixed(2),
          half(ratio),
        ]),
      ]),
    ),
    paced: asciiTable(
      ['at a steady rate, ms', 'median', 'p95', 'p99', 'most', 'alerts'],
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
function bridgeSection(result: BridgeResult): string {
  const tables = bridgeTables(result)
  return `## Alert bridge

\`\`\`
${tables.acknowledgements}
\`\`\`

Requests that were answered 200, each after its commit was on disk, from one process over kept-alive connections; every request is another group of
one alert. "Bare" (\`bench/src/bridge/bare-server.ts\`) is node:http, JSON.parse and one transaction of node:sqlite for all requests of a turn, with the
rows that the bridge writes for an alert and its incident (a test compares them), into the same tables; it validates nothing, looks nothing up and delivers nothing. The bridge is measured twice: with a
channel that is down, so that everything waits as in the bare server, and with a working one, where all is delivered at the same time (in digests, since it is a
storm). All three run in each round, half a second each, in alternating order; "x bare" is the median of the ratios within each round. The goal is at least 0.8.

\`\`\`
${tables.paced}
\`\`\`

Counted from when a request was due, whether or not the ones before were answered (64 connections, ${result.paced.seconds} s). The goals are a p99 below 50 ms to
the acknowledgement and a p95 below 250 ms to the acceptance of a critical alert by the custom webhook.

\`\`\`
${tables.waiting}
\`\`\`

Resident memory of the whole process, with the channel down. The start is measured from the start of Node to the line that reports readiness. The goals are less
than 150 MB while they wait, and a start in less than 2 s.
`
}
