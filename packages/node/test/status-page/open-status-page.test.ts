import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

import { ListenError } from '@swarmwatch/config/listen'
import { eventually } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { openStatusPage, type StatusPage, type StatusPageOptions } from '../../src/status-page/open-status-page.ts'
import { recordedLines } from '../recorded-lines.ts'
import { runNode } from '../run-node.ts'
import { sampleAgent, sampleMetrics, troubledSwarm } from './sample-swarm.ts'

async function opened(options: StatusPageOptions = {}): Promise<StatusPage> {
  const page = await openStatusPage({ ...troubledSwarm(), port: 0, ...options })
  onTestFinished(() => page.close())
  return page
}

async function takenPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Asks for the events and never reads an answer. */
async function stuckReader(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.pause()
  socket.write(`GET /events HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`)
  return socket
}

test('serves the page, its JSON and its files over HTTP', async () => {
  const page = await opened()
  for (const path of ['', 'api/health', 'api/agents', 'api/executions', 'healthz', 'style.css', 'live.js']) {
    const answer = await fetch(page.url + path)
    expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store'])
    expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength(await answer.text()))
  }
})

test('leaves the Request and Response of the process as they are', async () => {
  const before = [globalThis.Request, globalThis.Response]
  await opened()
  expect([globalThis.Request, globalThis.Response]).toEqual(before)
})

test('refuses a taken port with one line to log', async () => {
  const port = await takenPort()
  const error: unknown = await openStatusPage({ port }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ListenError)
  expect(error).toMatchObject({
    reason: 'port-taken',
    message: `MONITOR_PORT ${port} is taken on 127.0.0.1`,
    cause: { code: 'EADDRINUSE' },
  })
})

test('refuses an address that is not of this machine', async () => {
  await expect(openStatusPage({ host: '192.0.2.1', port: 0, logger: false })).rejects.toMatchObject({
    reason: 'address-not-of-this-machine',
  })
})

test('uses the next free port if configured to, and logs it', async () => {
  const { lines, logger } = recordedLines()
  const port = await takenPort()
  const page = await opened({ port, furtherPorts: 20, logger })
  expect(new URL(page.url).port).not.toBe(String(port))
  expect(lines).toEqual([`[TELEMETRY] MONITOR_PORT ${port} is taken: the status page is at ${page.url}`])
})

test.each([
  [undefined, / and requires no token: anyone who reaches it can read agent names and error messages; set MONITOR_TOKEN$/],
  ['secret', /; readers must send MONITOR_TOKEN$/],
])('prints a line when it is open to the network, with the token %s', async (token, end) => {
  const { lines, logger } = recordedLines()
  const page = await opened({ host: '0.0.0.0', logger, ...(token !== undefined && { token }) })
  expect(lines).toEqual([expect.stringMatching(/^\[TELEMETRY\] the status page is open to the network on 0\.0\.0\.0:\d+/)])
  expect(lines[0]).toMatch(end)
  expect(lines[0]).not.toContain('secret')
  expect((await fetch(`${page.url}api/health`)).status).toBe(token === undefined ? 200 : 401)
})

test('prints nothing when only this machine can reach it', async () => {
  const { lines, logger } = recordedLines()
  await opened({ logger })
  expect(lines).toEqual([])
})

test('refuses the 51st reader of the events with a line', async () => {
  const page = await opened()
  for (let index = 0; index < 50; index += 1) await stuckReader(page.url)
  const refused = await eventually('50 readers have joined', async () => {
    const answer = await fetch(`${page.url}events`)
    if (answer.status === 503) return answer
    await answer.body?.cancel()
    return undefined
  })
  expect(refused.headers.get('retry-after')).toBe('10')
  expect(await refused.text()).toBe('Too many readers of the event stream: at most 50\n')
})

test('drops a reader that never reads; the memory that waits for it is bounded, and its place is free again', async () => {
  let round = 0
  // Each event has some 70 kB, so that the buffers of the system are full soon
  const metrics = () =>
    sampleMetrics({ agents: Array.from({ length: 200 }, (_, index) => sampleAgent(`agent ${index} ${(round += 1)}`)) })
  const page = await opened({ metrics, tickMs: 2, maxReaders: 1, maxWaitingBytes: 200_000 })
  const socket = await stuckReader(page.url)
  const status = async (): Promise<number> => {
    const answer = await fetch(`${page.url}events`)
    await answer.body?.cancel()
    return answer.status
  }
  await eventually('the stuck reader has joined', async () => (await status()) === 503 || undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await eventually('the stuck reader is dropped', async () => (await status()) === 200 || undefined)
  socket.resume()
  await closed
})

test('ends at once although readers are connected, and twice does no harm', async () => {
  const page = await opened()
  const events = await fetch(`${page.url}events`)
  await page.close()
  await page.close()
  await expect(events.text()).rejects.toThrow('terminated')
  await expect(fetch(page.url)).rejects.toThrow('fetch failed')
})

test('does not keep the process alive, and prints nothing about readers that go', async () => {
  const ended = await runNode([
    '--input-type=module',
    '--eval',
    `import { openStatusPage } from './src/status-page/open-status-page.ts'
     const page = await openStatusPage({ port: 0 })
     const leave = new AbortController()
     await fetch(page.url + 'events', { signal: leave.signal })
     leave.abort()
     await fetch(page.url)`,
  ])
  expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
})
