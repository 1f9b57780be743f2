import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { freePort } from '@swarmwatch/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { currentTool, instrumentAgent, instrumentTool, type OnceOptions } from '../../src/index.ts'

let telemetry: TestTelemetry
let bank: Server
let url: string
/** The idempotency keys of the payments that reached the bank. */
const payments: string[] = []
/** How the bank fails to answer the first payment. */
let fails: 'reset' | 'reset in the answer' | number = 'reset'

beforeEach(async () => {
  telemetry = await startTestTelemetry()
  payments.length = 0
  bank = createServer((incoming, answer) => {
    payments.push(String(incoming.headers['idempotency-key']))
    incoming.resume().on('end', () => {
      if (payments.length > 1) answer.end('paid')
      else if (fails === 'reset') incoming.socket.resetAndDestroy()
      else if (fails === 'reset in the answer') answer.write('pa', () => incoming.socket.destroy())
      else answer.writeHead(fails).end()
    })
  }).listen(0, '127.0.0.1')
  await once(bank, 'listening')
  url = `http://127.0.0.1:${(bank.address() as AddressInfo).port}`
})
afterEach(async () => {
  bank.closeAllConnections()
  bank.close()
  await telemetry.shutdown()
})

async function byFetch(to: string, key: string): Promise<string> {
  const response = await fetch(to, { method: 'POST', headers: { 'Idempotency-Key': key }, body: '5' })
  if (!response.ok) throw Object.assign(new Error('no payment'), { status: response.status })
  return response.text()
}

function byRequest(to: string, key: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const sent = request(to, { method: 'POST', headers: { 'Idempotency-Key': key } }, (response) => {
    if (response.statusCode !== 200) reject(Object.assign(new Error('no payment'), { status: response.statusCode }))
    let text = ''
    response.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(text))
    response.on('error', reject)
  })
  sent.on('error', reject).end('5')
  return promise
}

/** Pays in an attempt, and again in the next one if it failed. */
async function payTwice(call: (to: string, key: string) => Promise<string>, to: () => string, once: OnceOptions | true = true) {
  const pay = instrumentTool(async () => call(to(), currentTool()!.idempotencyKey), { name: 'pay', once: once as true })
  let attempt = 0
  const agent = instrumentAgent(
    async () => {
      attempt += 1
      if (attempt > 1) return pay()
      await pay().catch(() => {})
      throw Object.assign(new Error('busy'), { status: 503 })
    },
    { name: 'payer', recovery: { baseDelaySeconds: 0 }, logger: false },
  )
  return agent().catch((error: unknown) => (error as Error).name)
}

const clients = { 'fetch()': byFetch, 'http.request()': byRequest }
const openFailures = ['reset', 'reset in the answer', 500, 502, 504] as const

test.each(Object.entries(clients).flatMap(([name, call]) => openFailures.map((failure) => [failure, name, call] as const)))(
  'a payment that ends with %s after %s has sent it is not repeated',
  async (failure, _, call) => {
    fails = failure
    expect(await payTwice(call, () => url)).toBe('UncertainEffectError')
    expect(payments).toHaveLength(1)
    expect(await telemetry.sum('agent.tool.uncertain')).toBe(1)
  },
)

test("onUncertain 'retry' repeats a payment whose connection broke, with the same idempotency key", async () => {
  fails = 'reset'
  expect(await payTwice(byFetch, () => url, { onUncertain: 'retry' })).toBe('paid')
  expect(payments).toEqual([payments[0], payments[0]])
})

test.each([400, 404, 409, 422, 429, 503])('a payment that was refused with the status %s is made again', async (status) => {
  fails = status
  expect(await payTwice(byFetch, () => url)).toBe('paid')
  expect(payments).toEqual([payments[0], payments[0]])
})

test.each(Object.entries(clients))('a payment for which %s got no connection is made again', async (_, call) => {
  const dead = `http://127.0.0.1:${await freePort()}`
  fails = 200
  let calls = 0
  expect(await payTwice(call, () => (++calls === 1 ? dead : url))).toBe('')
  expect({ calls, payments: payments.length }).toEqual({ calls: 2, payments: 1 })
})

test('uncertainIf replaces the table', async () => {
  fails = 'reset'
  expect(await payTwice(byFetch, () => url, { uncertainIf: () => false })).toBe('paid')
  expect(payments).toEqual([payments[0], payments[0]])
})

const coded = (code: string | number, more: object = {}) => Object.assign(new Error('failed'), { code, ...more })
const caused = (cause: unknown) => new TypeError('fetch failed', { cause })

test.each<[string, unknown]>([
  ['a timeout', new DOMException('gave up', 'TimeoutError')],
  ['a cancelled call', new DOMException('gave up', 'AbortError')],
  [
    'a call that was cancelled because of another error',
    Object.assign(new Error('x', { cause: coded('ECONNREFUSED') }), { name: 'AbortError' }),
  ],
  ['no answer in time', caused(coded('UND_ERR_HEADERS_TIMEOUT'))],
  ['a failed fetch() without a cause', caused(undefined)],
  ['a broken pipe', coded('EPIPE', { syscall: 'write' })],
  ['a connection that broke within an error of the tool', new Error('no payment', { cause: coded('ECONNRESET') })],
  ['an unreadable answer', coded('HPE_INVALID_CONSTANT')],
  ['a timeout of axios', coded('ECONNABORTED', { message: 'timeout of 5 ms exceeded' })],
  ['an unavailable gRPC server', coded(14, { details: 'connection dropped' })],
  ['a gRPC deadline', coded(4, { details: 'deadline' })],
  ['a lost connection to PostgreSQL', new Error('Connection terminated unexpectedly')],
  ['a PostgreSQL server that stopped', coded('57P01', { severity: 'FATAL' })],
  ['a lost connection to MySQL', coded('PROTOCOL_CONNECTION_LOST')],
  ['a timeout of MCP', coded(-32_001, { name: 'McpError' })],
  [
    'several tries of which one timed out',
    Object.assign(new Error('3 tries'), { lastError: { status: 400 }, errors: [{ status: 504 }, { status: 400 }] }),
  ],
])('the effect of a call is open after %s', async (_, error) => {
  const calls = await callsAfter(error)
  expect(calls).toBe(1)
})

test.each<[string, unknown]>([
  ['an error of the tool', new Error('insufficient funds')],
  ['a validation error', new TypeError('amount must be a number')],
  ['a refused connection', caused(coded('ECONNREFUSED', { syscall: 'connect' }))],
  ['a connection that took too long', caused(coded('UND_ERR_CONNECT_TIMEOUT', { name: 'ConnectTimeoutError' }))],
  ['a timeout of connect()', coded('ETIMEDOUT', { syscall: 'connect' })],
  [
    'addresses of which none could be reached',
    Object.assign(
      new AggregateError([coded('ETIMEDOUT', { syscall: 'connect' }), coded('ENETUNREACH', { syscall: 'connect' })]),
      { code: 'ETIMEDOUT' },
    ),
  ],
  ['an unknown host', coded('ENOTFOUND')],
  ['an expired certificate', caused(coded('CERT_HAS_EXPIRED'))],
  ['an invalid argument in gRPC', coded(3, { details: 'no amount' })],
  ['a broken constraint', coded('23505', { severity: 'ERROR' })],
  ['nothing at all', undefined],
])('a call has had no effect after %s', async (_, error) => {
  expect(await callsAfter(error)).toBe(2)
})

/** How often a tool is called that fails with `error`, in two attempts. */
async function callsAfter(error: unknown): Promise<number> {
  let calls = 0
  const call = (): Promise<string> => {
    calls += 1
    return calls === 1 ? Promise.reject(error as Error) : Promise.resolve('paid')
  }
  await payTwice(call, () => url)
  return calls
}
