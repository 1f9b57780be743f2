import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { median, quantile, type Spread, spreadOf } from '../statistics.ts'
import { startBridge, startProgram, token } from './bridge-program.ts'
import { alertRequest, answersPerSecond, answerTimes, postMany } from './load.ts'

export interface AcknowledgementRow {
  readonly connections: number
  readonly barePerSecond: Spread
  /** The channel is down: what is acknowledged waits, as in the bare server. */
  readonly waiting: Compared
  /** The channel works: all is delivered at the same time, nearly all of it in digests, since it is a storm. */
  readonly sending: Compared
}

export interface Compared {
  readonly perSecond: Spread
  /** Divided by that of the bare server, round by round. */
  readonly ratio: Spread
}

/** Durable acknowledgements a second: a bare server, and the bridge with and without a channel that works, in turn on the same machine. */
export async function measureAcknowledgements(cli: string, rounds: number, milliseconds: number): Promise<AcknowledgementRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const [sink, gone] = [await openSink(), await openSink()]
  gone.close()
  const waiting = await startBridge(cli, await mkdtemp(join(folder, 'waiting-')), gone.port)
  const sending = await startBridge(cli, await mkdtemp(join(folder, 'sending-')), sink.port)
  const bare = await startProgram([bareServer], { DATABASE: await emptyDatabase(cli, folder, sink.port) })
  const servers = [bare, waiting, sending]
  let number = 0
  const nextRequest = (): Buffer => alertRequest((number += 1), token)

  // a process that has run for a while is what is compared: all have compiled by then what they run often
  for (const { port } of servers) await answersPerSecond({ port, connections: 32, nextRequest, milliseconds: 2 * milliseconds })
  const rows: AcknowledgementRow[] = []
  for (const connections of [1, 32, 128]) {
    const measured = servers.map((): number[] => [])
    // the first round is for the number of connections to settle
    for (let round = 0; round <= rounds; round += 1) {
      for (const index of round % 2 === 0 ? [0, 1, 2] : [2, 1, 0]) {
        const { port } = servers[index]!
        const rate = await answersPerSecond({ port, connections, nextRequest, milliseconds })
        if (round > 0) measured[index]!.push(rate)
      }
    }
    const compared = (rates: readonly number[]): Compared => ({
      perSecond: spreadOf(rates),
      ratio: spreadOf(rates.map((rate, round) => rate / measured[0]![round]!)),
    })
    rows.push({
      connections,
      barePerSecond: spreadOf(measured[0]!),
      waiting: compared(measured[1]!),
      sending: compared(measured[2]!),
    })
  }
  await Promise.all(servers.map((one) => one.end('SIGKILL')))
  sink.close()
  await rm(folder, { recursive: true })
  return rows
}

const bareServer = fileURLToPath(new URL('bare-server.ts', import.meta.url))

/** A database with the tables and indexes of the bridge, as it has made them. */
async function emptyDatabase(cli: string, folder: string, channelPort: number): Promise<string> {
  const made = await mkdtemp(join(folder, 'bare-'))
  await (await startBridge(cli, made, channelPort)).end('SIGTERM')
  return join(made, 'bridge.sqlite')
}

/** Milliseconds. */
export interface Times {
  readonly count: number
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly most: number
}

export interface PacedResult {
  readonly seconds: number
  /** From when a request was due to its durable acknowledgement, at 1,000 a second. */
  readonly acknowledgement: Times
  /** From when a request was due to the channel's taking the message, at 20 critical alerts a second. */
  readonly acceptance: Times
}

/** Measures latency at a steady rate: to the acknowledgement, and to the provider's acceptance. */
export async function measurePaced(cli: string, seconds: number): Promise<PacedResult> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const posted = new Map<string, number>()
  const taken: number[] = []
  const sink = await openSink((agents) => {
    for (const agent of agents) {
      const at = posted.get(agent)
      if (at !== undefined) taken.push(performance.now() - at)
    }
  })
  const bridge = await startBridge(cli, folder, sink.port)
  let number = 0
  const warning = (): Buffer => alertRequest((number += 1), token)
  const critical = (): Buffer => {
    number += 1
    posted.set(`agent-${number}`, performance.now())
    return alertRequest(number, token, 'critical')
  }
  const load = { port: bridge.port, connections: 64 }
  await answerTimes({ ...load, nextRequest: warning }, { perSecond: 1000, seconds: 1 })
  const acknowledged = await answerTimes({ ...load, nextRequest: warning }, { perSecond: 1000, seconds })
  await bridge.end('SIGTERM')

  const quiet = await startBridge(cli, await mkdtemp(join(folder, 'quiet-')), sink.port)
  const slowly = { perSecond: 20, seconds }
  await answerTimes({ port: quiet.port, connections: 64, nextRequest: critical }, slowly)
  while (taken.length < posted.size) await new Promise((resolve) => setTimeout(resolve, 10))
  await quiet.end('SIGTERM')
  sink.close()
  await rm(folder, { recursive: true })
  return { seconds, acknowledgement: timesOf(acknowledged), acceptance: timesOf(taken) }
}

function timesOf(times: readonly number[]): Times {
  const [median = 0, p95 = 0, p99 = 0, most = 0] = [0.5, 0.95, 0.99, 1].map((share) => quantile(times, share))
  return { count: times.length, median, p95, p99, most }
}

export interface WaitingResult {
  readonly deliveries: number
  /** Resident megabytes; undefined where the system does not report them. */
  readonly megabytes:
    | {
        /** A bridge that has nothing to do. */
        readonly idle: number
        /** The most while all were posted as fast as it went. */
        readonly mostWhileTaken: number
        /** Ten seconds later. */
        readonly afterwards: number
        /** Ten seconds after the next start, with all of them waiting. */
        readonly restarted: number
      }
    | undefined
  /** From the start of the process to its being ready, in milliseconds: on an empty store, and after a SIGKILL with all of them waiting. */
  readonly start: { readonly empty: number; readonly waiting: number }
}

export interface WaitingSize {
  readonly deliveries: number
  readonly starts: number
  /** Time for memory to settle. */
  readonly settleMs: number
}

/** Deliveries that wait for a channel that is down: what they cost in memory, and at the next start. */
export async function measureWaiting(cli: string, { deliveries, starts, settleMs }: WaitingSize): Promise<WaitingResult> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmwatch-bench-'))
  const sink = await openSink()
  const { port } = sink
  sink.close() // from now on no one listens on that port

  const empty: number[] = []
  for (let start = 0; start < starts; start += 1) {
    const bridge = await startBridge(cli, await mkdtemp(join(folder, 'empty-')), port)
    empty.push(bridge.milliseconds)
    await bridge.end('SIGKILL')
  }
  const first = await startBridge(cli, folder, port)
  const idle = await first.megabytes()
  let number = 0
  const nextRequest = (): Buffer => alertRequest((number += 1), token)
  await postMany({ port: first.port, connections: 32, nextRequest, count: deliveries })
  await delay(settleMs)
  const taken = await first.megabytes()
  await first.end('SIGKILL')

  const waiting: number[] = []
  let restarted: number | undefined
  for (let start = 0; start < starts; start += 1) {
    const bridge = await startBridge(cli, folder, port)
    waiting.push(bridge.milliseconds)
    if (start === starts - 1) {
      await delay(settleMs)
      restarted = (await bridge.megabytes())?.now
    }
    await bridge.end('SIGKILL')
  }
  await rm(folder, { recursive: true })
  return {
    deliveries,
    megabytes:
      idle && taken && restarted !== undefined
        ? { idle: idle.now, mostWhileTaken: taken.most, afterwards: taken.now, restarted }
        : undefined,
    start: { empty: median(empty), waiting: median(waiting) },
  }
}

/** The provider at the other end of the channel; it accepts every message immediately. */
export interface Sink {
  readonly port: number
  readonly close: () => void
}

/** @param onTaken receives, just before the answer, the agents that a message is about */
async function openSink(onTaken: (agents: readonly string[]) => void = () => {}): Promise<Sink> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      onTaken((JSON.parse(body) as { agents: string[] }).agents)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => server.close().closeAllConnections(),
  }
}
