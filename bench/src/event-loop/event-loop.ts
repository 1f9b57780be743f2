import { freePort } from '@swarmwatch/testkit'

import { askOnce, startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { peerFlags } from '../peers/import-peer.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf, reasonLines } from '../table.ts'
import type { Load, LoadQuestion, Who } from './load-program.ts'

/** The benchmark of the event loop while telemetry is exported, slowly or without success. */
export const eventLoop: Part<EventLoopResult> = {
  name: 'event-loop',
  hasPeers: true,
  measure({ isShort, noPeers }) {
    return measureEventLoop({ callsPerSecond: 1_000, seconds: isShort ? 2 : 8, rounds: isShort ? 1 : 3 }, noPeers)
  },
  section({ callsPerSecond, seconds, rounds, rows }) {
    const cells = rows.flatMap(({ who, collector, p99LateMs, mostLateMs, callsPerSecond: made, shutdownMs }) =>
      p99LateMs && shutdownMs && mostLateMs !== undefined && made !== undefined
        ? [
            [
              who,
              collector,
              p99LateMs.median.toFixed(2),
              middleHalf(p99LateMs, 2),
              mostLateMs.toFixed(1),
              made.toFixed(0),
              who === 'bare' ? '-' : (shutdownMs.median / 1000).toFixed(2),
            ],
          ]
        : [],
    )
    const header = ['agent', 'collector', 'p99 late ms', 'middle half', 'most', 'calls/s', 'shutdown s']
    const missing = reasonLines(rows.map(({ who, collector, reason }) => ({ name: `${who}, collector ${collector}`, reason })))
    return `## Event loop

\`\`\`
${asciiTable(header, cells)}
\`\`\`

${missing}An agent that returns at once, ${callsPerSecond} calls a second, ${seconds} s at a time, ${rounds} times in turn, with metrics and traces going out by OTLP every second. "Late" is
what a timer of one millisecond took longer. The collector answers at once, answers after ${slowAnswerMs / 1000} s, or is not there. "By hand" is OpenTelemetry with
its OTLP exporters, set up as its documentation describes. The goals: a dead collector changes nothing for the agent, and \`shutdown()\` ends within 5 s.
`
  },
}

export interface EventLoopResult {
  readonly callsPerSecond: number
  readonly seconds: number
  readonly rounds: number
  readonly rows: readonly EventLoopRow[]
}

export interface EventLoopRow {
  readonly who: Who
  readonly collector: Collector
  /** Why it could not be measured; the rest is not there then. */
  readonly reason?: string
  readonly p99LateMs?: Spread
  readonly mostLateMs?: number
  readonly callsPerSecond?: number
  readonly shutdownMs?: Spread
}

export type Collector = 'up' | 'slow' | 'dead' | 'none'

/** How long the slow collector takes for each answer. */
const slowAnswerMs = 5_000

const asked: readonly (readonly [Who, Collector])[] = [
  ['bare', 'none'],
  ['by hand', 'up'],
  ['swarmwatch', 'up'],
  ['by hand', 'slow'],
  ['swarmwatch', 'slow'],
  ['by hand', 'dead'],
  ['swarmwatch', 'dead'],
]

/** Calls an agent at a steady rate while the collector, in another process, answers, answers late, or is not there. */
async function measureEventLoop(
  size: { callsPerSecond: number; seconds: number; rounds: number },
  noPeers: string | undefined,
): Promise<EventLoopResult> {
  const loads = asked.map(([who, collector]) => ({ who, collector, measured: [] as Load[] }))
  for (let round = 0; round < size.rounds; round += 1) {
    for (const { who, collector, measured } of round % 2 === 0 ? loads : loads.toReversed()) {
      // The exporters of OpenTelemetry are installed with the peers
      if (who === 'by hand' && noPeers !== undefined) continue
      measured.push(await withCollector(collector, (endpoint) => load({ who, endpoint, ...size })))
    }
  }
  return { ...size, rows: loads.map((row) => rowOf(row, noPeers)) }
}

function load(question: LoadQuestion): Promise<Load> {
  return askOnce(new URL('load-program.ts', import.meta.url), question, { flags: peerFlags })
}

function rowOf(row: { who: Who; collector: Collector; measured: readonly Load[] }, noPeers: string | undefined): EventLoopRow {
  const { who, collector, measured } = row
  if (measured.length === 0) return { who, collector, reason: noPeers ?? 'not measured' }
  return {
    who,
    collector,
    p99LateMs: spreadOf(measured.map(({ p99LateMs }) => p99LateMs)),
    mostLateMs: Math.max(...measured.map(({ mostLateMs }) => mostLateMs)),
    callsPerSecond: spreadOf(measured.map(({ callsPerSecond }) => callsPerSecond)).median,
    shutdownMs: spreadOf(measured.map(({ shutdownMs }) => shutdownMs)),
  }
}

async function withCollector<Result>(collector: Collector, use: (endpoint: string) => Promise<Result>): Promise<Result> {
  if (collector === 'none' || collector === 'dead') return use(`http://127.0.0.1:${await freePort()}`)
  const answersAfterMs = collector === 'slow' ? slowAnswerMs : 0
  const running = startProgram(new URL('collector-program.ts', import.meta.url), [String(answersAfterMs)])
  try {
    return await use(await running.ask<string>('endpoint'))
  } finally {
    await running.end()
  }
}
