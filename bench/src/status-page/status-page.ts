import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { Part } from '../part.ts'
import { median, quantile } from '../statistics.ts'
import { asciiTable } from '../table.ts'

/** The benchmark of the status page: the cost of its readers to the agents. */
export const statusPage: Part<StatusPageResult> = {
  name: 'status-page',
  measure({ isShort }) {
    return isShort ? measureStatusPage(1, 2) : measureStatusPage(5, 5)
  },
  section({ rows, seconds, requests, requestMilliseconds: { median, p95 } }) {
    const cells = rows.map(({ readers, callsPerSecond, microsecondsPerCall }) => [
      readers,
      callsPerSecond.toFixed(0),
      microsecondsPerCall.toFixed(2),
    ])
    return `## Status page

\`\`\`
${asciiTable(['readers of the page', 'executions/s', 'us an execution'], cells)}
\`\`\`

100 agents in one process, 10,000 executions a second between them, ${seconds} s at a time, in turn without and with readers. A request of the whole page
took ${median.toFixed(1)} ms (p95 ${p95.toFixed(1)} ms, ${requests} requests), sent by another process. The goal is a page in less than 50 ms, and no effect on the agents.
`
  },
}

export interface StatusPageResult {
  readonly seconds: number
  readonly rows: readonly StatusPageRow[]
  /** Whole requests of the page, as a reader in another process sees them. */
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
async function measureStatusPage(rounds: number, seconds: number): Promise<StatusPageResult> {
  const alone: Load[] = []
  const watched: Load[] = []
  const requests: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await load(seconds, async () => {}))
    watched.push(await load(seconds, (pageUrl, signal) => read(pageUrl, signal, requests)))
  }
  return {
    seconds,
    rows: [row('none', alone), row('one live, one reloading every 200 ms', watched)],
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
  const child = fork(fileURLToPath(new URL('page-load-program.ts', import.meta.url)), ['10000', String(seconds)])
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
