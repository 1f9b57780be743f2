import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { eventually, freePort, repositoryRoot } from '@swarmwatch/testkit'
import { answer, held, openModelProvider } from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { installFrameworks } from '../install-packages.ts'
import { markdownTable } from './markdown-table.ts'

const token = 'a-token-of-forty-characters-for-the-test'
const minutes = (count: number): number => count * 60_000

/** Slack, and a Collector: takes what comes. */
let sink: Server
let sinkUrl: string

beforeAll(async () => {
  sink = createServer((request, answer) => request.resume().once('end', () => answer.end('ok')))
  await new Promise<void>((listens) => sink.listen(0, '127.0.0.1', listens))
  sinkUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`
})
afterAll(() => {
  sink.close()
  sink.closeAllConnections()
})

async function isThere(url: string): Promise<void> {
  await eventually(url, async () => ((await fetch(url)).ok ? true : undefined), { everyMs: 500 })
}

async function ask(url: string, times: number): Promise<void> {
  for (let asked = 0; asked < times; asked += 1) await (await fetch(url)).text()
}

test('a week of the bridge leaves nothing on its heap', { timeout: minutes(15) }, async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const bridge = startWithHeap('packages/alert-bridge/src/cli.ts', ['serve'], {
    BRIDGE_TOKEN: token,
    BRIDGE_PORT: new URL(url).port,
    ALERT_SLACK_WEBHOOK: `${sinkUrl}/services/T/B/X`,
  })
  await isThere(`${url}/healthz`)

  async function post(alertname: string, severity: string, status: 'firing' | 'resolved', startsAt: string): Promise<void> {
    const labels = { alertname, severity, agent_name: 'reviewer' }
    const endsAt = status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString()
    const alerts = [{ status, labels, annotations: {}, startsAt, endsAt, fingerprint: alertname }]
    const group = { version: '4', groupKey: `{}:{${alertname}}`, status, receiver: 'bridge', groupLabels: { alertname }, alerts }
    const answer = await fetch(`${url}/api/v1/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(group),
    })
    expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)])
  }

  const begun = new Date().toISOString()
  const byDay: number[] = []
  for (let hour = 0; hour < 7 * 24; hour += 1) {
    // As in production: looked at every 10 s, scraped every 15, a Watchdog every minute; an alert that comes and goes, twice an hour
    await Promise.all([ask(`${url}/healthz`, 360), ask(`${url}/metrics`, 240)])
    for (let minute = 0; minute < 60; minute += 1) await post('Watchdog', 'none', 'firing', begun)
    for (const half of [0, 1]) {
      const startsAt = new Date().toISOString()
      await post(`Alert${hour % 50}-${half}`, 'warning', 'firing', startsAt)
      await post(`Alert${hour % 50}-${half}`, 'warning', 'resolved', startsAt)
    }
    if (hour % 24 === 23) byDay.push(await bridge.heapMegabytes())
  }
  console.log(markdownTable([['day', 'heap, MB'], ...byDay.map((megabytes, day) => [day + 1, megabytes.toFixed(2)])]))
  expect(byDay.at(-1)! - byDay[0]!).toBeLessThan(1)
  expect(await bridge.stop()).toBe(0)
})

test('6,000 tasks of a worker leave nothing on its heap', { timeout: minutes(15) }, async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const worker = startWithHeap('packages/agent-worker/src/service/main.ts', [], {
    WORKER_TOKEN: token,
    WORKER_PORT: new URL(url).port,
    WORKER_TASKS_PER_MINUTE: '600',
    MONITOR_PORT: '0',
    METRICS_PORT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
  })
  await isThere(`${url}/healthz`)
  const finished = async (): Promise<number> => {
    const { succeeded, failed } = (await (await fetch(`${url}/healthz`)).json()) as { succeeded: number; failed: number }
    return succeeded + failed
  }
  const byThousand: number[] = []
  while (byThousand.length < 6) {
    await delay(500)
    if ((await finished()) >= (byThousand.length + 1) * 1000) byThousand.push(await worker.heapMegabytes())
  }
  console.log(
    markdownTable([['tasks', 'heap, MB'], ...byThousand.map((megabytes, past) => [(past + 1) * 1000, megabytes.toFixed(2)])]),
  )
  // Code that the engine compiles when it has run often enough, about half a megabyte, is no garbage
  expect(byThousand.at(-1)! - byThousand[1]!).toBeLessThan(2)
  expect(await worker.stop()).toBe(0)
})

test(
  '6,000 model calls, half of them broken off, leave nothing on the heap of their program',
  { timeout: minutes(15) },
  async () => {
    expect(await installFrameworks()).toBe(undefined)
    await using provider = await openModelProvider(({ model }) => (model === 'held' ? held(1) : answer()))
    const caller = startWithHeap('test/frameworks/many-calls.mjs', [provider.url], {
      MONITOR_PORT: '0',
      METRICS_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
    })
    const byThousand: number[] = []
    while (byThousand.length < 6) {
      await delay(100)
      if (provider.requests.length >= (byThousand.length + 1) * 1000) byThousand.push(await caller.heapMegabytes())
    }
    console.log(
      markdownTable([['calls', 'heap, MB'], ...byThousand.map((megabytes, past) => [(past + 1) * 1000, megabytes.toFixed(2)])]),
    )
    expect(provider.requests.filter(({ end }) => end === 'left').length).toBeGreaterThan(2_000)
    expect(byThousand.at(-1)! - byThousand[1]!).toBeLessThan(2)
    await caller.stop()
  },
)

/** A program of ours in a process of its own, whose heap can be asked for. */
export interface ProgramWithHeap {
  /** MB on its heap that a collection leaves. */
  heapMegabytes(): Promise<number>
  /** Asks it to stop; returns its exit code. */
  stop(): Promise<number>
}

const preload = fileURLToPath(new URL('answers-with-its-heap.cjs', import.meta.url))

/** Starts the source file `program` of this repository in an empty folder, with these settings and no others. */
export function startWithHeap(
  program: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): ProgramWithHeap {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-heap-'))
  const flags = ['--expose-gc', `--require=${preload}`, '--conditions=swarmwatch-source', '--max-old-space-size=256']
  const child = spawn(process.execPath, [...flags, join(repositoryRoot, program), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = once(child, 'exit') as Promise<[number]>
  return {
    async heapMegabytes() {
      const answer = once(child, 'message') as Promise<[number]>
      child.send('heap')
      const [bytes] = await answer
      return bytes / 1e6
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = await ended
      rmSync(folder, { recursive: true })
      return code
    },
  }
}
