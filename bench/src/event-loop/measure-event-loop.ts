import { freePort } from '@swarmwatch/testkit'

import { askOnce, startProgram } from '../own-process.ts'
import { peerFlags } from '../peers/import-peer.ts'
import { spreadOf, type Spread } from '../statistics.ts'
import type { Load, LoadQuestion, Who } from './load-program.ts'

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
export const slowAnswerMs = 5_000

const asked: readonly (readonly [Who, Collector])[] = [
  ['bare', 'none'],
  ['by hand', 'up'],
  ['swarmwatch', 'up'],
  ['by hand', 'slow'],
  ['swarmwatch', 'slow'],
  ['by hand', 'dead'],
  ['swarmwatch', 'dead'],
]

/** Calls an agent at a steady pace while the collector, in another process, answers, answers late, or is not there. */
export async function measureEventLoop(
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
