import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { quantile } from '../statistics.ts'
import { alertRequest } from './alert-request.ts'
import { startBridge, token } from './bridge-program.ts'
import { answerTimes } from './load.ts'
import { openSink } from './sink.ts'

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

/** How long it takes at a steady pace: to the acknowledgement, and to the provider's acceptance. */
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
