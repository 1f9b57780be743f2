import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { firing } from '../helpers/alert-groups.ts'
import { token } from '../helpers/token.ts'
import { runBridge, type RunningBridge } from './run-bridge.ts'
import { openSink } from './sink.ts'

const watchdogSeconds = 4
/** Longer than the Watchdog, a try and an escalation may take in these tests: what is tested is that time passes. */
const pauseMs = 7_000

async function started(env: Readonly<Record<string, string>>): Promise<RunningBridge> {
  const bridge = await runBridge(env)
  if (bridge === undefined) throw new Error('the bridge did not start')
  onTestFinished(() => void bridge.child.kill('SIGKILL'))
  return bridge
}

function post(bridge: RunningBridge, group: object): Promise<Response> {
  return fetch(`${bridge.url}/api/v1/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(group),
  })
}

async function titlesIn(dataDir: string): Promise<string[]> {
  const { store } = openSqliteStore(dataDir)
  const rows = await store.list({})
  await store.close()
  return rows.map(({ title }) => title)
}

const watchdog = firing({ name: 'Watchdog', severity: 'none' })

test('a pause of the process is no silence of others: a Watchdog that waits in its socket is read first', async () => {
  const dataDir = temporaryFolder()
  const sink = await openSink()
  const bridge = await started({ SINK_URL: sink.url, DATA_DIR: dataDir, WATCHDOG_SECONDS: String(watchdogSeconds) })
  await post(bridge, watchdog)
  bridge.child.kill('SIGSTOP')
  const waiting = post(bridge, watchdog)
  await pause(pauseMs)
  bridge.child.kill('SIGCONT')
  expect((await waiting).status).toBe(200)
  bridge.child.kill('SIGTERM')
  expect(await bridge.ended).toBe(0)
  expect(await titlesIn(dataDir)).toEqual([])
})

test('when no Watchdog comes after a pause either, it is reported', async () => {
  const sink = await openSink()
  const env = { SINK_URL: sink.url, DATA_DIR: temporaryFolder(), WATCHDOG_SECONDS: String(watchdogSeconds) }
  const bridge = await started(env)
  bridge.child.kill('SIGSTOP')
  await pause(pauseMs)
  bridge.child.kill('SIGCONT')
  await eventually('the alarm', () => sink.received.some(({ title }) => title.startsWith('No Watchdog')))
})

test('an answer that came during a pause counts: nothing is sent twice, and the reserve is not used', async () => {
  const dataDir = temporaryFolder()
  const seen: { path: string; answer: ServerResponse }[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => seen.push({ path: request.url ?? '', answer: response }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const bridge = await started({ SINK_URL: `${url}/sink`, RESERVE_URL: `${url}/reserve`, DATA_DIR: dataDir })
  await post(bridge, firing({ severity: 'critical' }))
  await eventually('the try', () => seen.length === 1)
  bridge.child.kill('SIGSTOP')
  seen[0]!.answer.end('ok')
  await pause(pauseMs)
  bridge.child.kill('SIGCONT')
  const deliveries = async (state: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${bridge.url}/api/v1/deliveries?state=${state}`, { headers })
    return ((await response.json()) as { deliveries: unknown[] }).deliveries.length
  }
  await eventually('the delivery', async () => (await deliveries('delivered')) === 1)
  bridge.child.kill('SIGTERM')
  expect(await bridge.ended).toBe(0)
  expect(seen.map(({ path }) => path)).toEqual(['/sink'])
})
