import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { median, quantile } from '../statistics.ts'

export interface StatusPageResult {
  readonly seconds: number
  readonly rows: readonly StatusPageRow[]
  /** Whole requests of the page, as a reader beside sees them. */
  readonly requestMilliseconds: { readonly median: number; readonly p95: number }
  readonly requests: number
}

export interface StatusPageRow {
  readonly readers: string
  readonly callsPerSecond: number
  readonly microsecondsPerCall: number
}

interface Load {
  readonly callsPerSecond: number
  readonly microsecondsPerCall: number
}

/** 100 agents at 10,000 executions a second: what the page costs them, and how long it takes; in turn with and without readers. */
export async function measureStatusPage(rounds: number, seconds: number): Promise<StatusPageResult> {
  const alone: Load[] = []
  const watched: Load[] = []
  const requests: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await load(seconds, async () => {}))
    watched.push(await load(seconds, (pageUrl, signal) => read(pageUrl, signal, requests)))
  }
  return {
    seconds,
    rows: [row('nobody', alone), row('one live, one reloading every 200 ms', watched)],
    requestMilliseconds: { median: median(requests), p95: quantile(requests, 0.95) },
    requests: requests.length,
  }
}

function row(readers: string, loads: readonly Load[]): StatusPageRow {
  return {
    readers,
    callsPerSecond: median(loads.map(({ callsPerSecond }) => callsPerSecond)),
    microsecondsPerCall: median(loads.map(({ microsecondsPerCall }) => microsecondsPerCall)),
  }
}

async function load(seconds: number, read: (pageUrl: string, signal: AbortSignal) => Promise<void>): Promise<Load> {
  const child = fork(fileURLToPath(new URL('page-load.ts', import.meta.url)), ['10000', String(seconds)])
  const [{ pageUrl }] = (await once(child, 'message')) as [{ pageUrl: string }]
  const stop = new AbortController()
  const reading = read(pageUrl, stop.signal)
  const [measured] = (await once(child, 'message')) as [Load]
  stop.abort()
  await Promise.all([reading, once(child, 'exit')])
  return measured
}

/** Follows the events of the page, and loads it again and again. */
async function read(pageUrl: string, signal: AbortSignal, requests: number[]): Promise<void> {
  const events = fetch(`${pageUrl}events`, { signal }).then(async ({ body }) => {
    for await (const _ of body!);
  })
  events.catch(() => {})
  while (!signal.aborted) {
    const begun = performance.now()
    await (await fetch(pageUrl)).text()
    requests.push(performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
