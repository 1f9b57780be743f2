import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { ListenError, type ListenOptions, listen, localUrl, serve } from '../src/listen.ts'

const local: ListenOptions = { host: '127.0.0.1', port: 0, setting: 'MONITOR' }

async function takenPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function failure(options: ListenOptions): Promise<unknown> {
  const server = createServer()
  onTestFinished(() => void server.close())
  return listen(server, options).catch((error: unknown) => error)
}

test('the error for a port in use names its variable and address, and keeps the error of the system', async () => {
  const port = await takenPort()
  const error = await failure({ ...local, port })
  expect(error).toBeInstanceOf(ListenError)
  expect(error).toMatchObject({
    message: `MONITOR_PORT ${port} is taken on 127.0.0.1`,
    reason: 'port-taken',
    code: 'EADDRINUSE',
    cause: { code: 'EADDRINUSE' },
  })
})

test('the error for a host that is not an address of this machine names its variable', async () => {
  expect(await failure({ ...local, host: '192.0.2.1', port: 9 })).toMatchObject({
    message: 'MONITOR_HOST 192.0.2.1 is not an address of this machine',
    reason: 'address-not-of-this-machine',
  })
})

test.each([
  ['EACCES', 'port-not-allowed', 'this user is not allowed to open MONITOR_PORT 80'],
  ['EMFILE', 'cannot-listen', 'cannot listen on [::1]:80 (EMFILE)'],
  [undefined, 'cannot-listen', 'cannot listen on [::1]:80 (unknown reason)'],
])('the error describes the code %s', (code, reason, message) => {
  const cause = Object.assign(new Error('of the system'), code === undefined ? {} : { code })
  expect(new ListenError(cause, { host: '::1', port: 80, setting: 'MONITOR' })).toMatchObject({ reason, message })
})

test('a server can listen on a later port, which is returned', async () => {
  const port = await takenPort()
  const server = createServer()
  onTestFinished(() => void server.close())
  const taken = await listen(server, { ...local, port, furtherPorts: 20 })
  expect(taken).toBeGreaterThan(port)
  expect((server.address() as AddressInfo).port).toBe(taken)
})

test('closing a server ends open requests, and a second close changes nothing', async () => {
  const { port, close } = await serve(
    (request, response) => (request.url === '/answer' ? response.end('here') : response.flushHeaders()),
    { ...local, maxConnections: 10 },
  )
  const url = localUrl('0.0.0.0', port)
  expect(await (await fetch(`${url}answer`)).text()).toBe('here')
  const waiting = await fetch(url)
  await close()
  await close()
  await expect(waiting.text()).rejects.toThrow('terminated')
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
