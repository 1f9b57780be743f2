import { instrumentAgent, recoveryOf } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { limitHeaders } from '../../src/sources/wire/limit-headers.ts'
import { observeWire, post } from './observed-calls.ts'
import { startScriptedServer } from './scripted-server.ts'

const buffers = (...pairs: string[]): Buffer[] => pairs.map((text) => Buffer.from(text))

test('only headers about rate limits are read, and those about a later try of a failed request', () => {
  const headers = buffers('Date', 'today', 'X-RateLimit-Remaining-Requests', '0', 'Retry-After', '5', 'set-cookie', 'secret')
  expect(limitHeaders(headers, false)).toEqual({ 'x-ratelimit-remaining-requests': '0' })
  expect(limitHeaders(headers, true)).toEqual({ date: 'today', 'x-ratelimit-remaining-requests': '0', 'retry-after': '5' })
  expect(limitHeaders(buffers('content-type', 'text/plain'), true)).toBeUndefined()
  expect(limitHeaders({ 'retry-after': ['7', '8'], date: undefined }, true)).toEqual({ 'retry-after': '7' })
  expect([undefined, null, 5, []].map((each) => limitHeaders(each, true))).toEqual([undefined, undefined, undefined, undefined])
})

test('headers of rate limits without a prefix, and those of Mistral, are read', () => {
  const headers = buffers('RateLimit-Reset', '7', 'ratelimitbysize-reset', '28', 'x-ratelimit-reset', '9', 'x-my-ratelimits', '1')
  expect(limitHeaders(headers, false)).toEqual({
    'ratelimit-reset': '7',
    'ratelimitbysize-reset': '28',
    'x-ratelimit-reset': '9',
  })
})

test('a server with many headers about rate limits does not fill the memory', () => {
  const many = buffers(...Array.from({ length: 1000 }, (_, at) => [`x-ratelimit-remaining-${at}`, 'x'.repeat(10_000)]).flat())
  const kept = limitHeaders(many, false)!
  expect(Object.keys(kept)).toHaveLength(30)
  expect(Object.values(kept).every((value) => value.length <= 200)).toBe(true)
})

test('quotas of a response are gauges, and a Retry-After on the wire delays another run whose error lacks it', async () => {
  const telemetry = await observeWire()
  const answers = [
    { status: 429, headers: { 'retry-after': '50' }, pieces: ['{}'] },
    { status: 503, pieces: ['{}'] },
    {
      status: 200,
      headers: { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '42' },
      pieces: ['{"id":"r-1","model":"shared-1","usage":{"prompt_tokens":1,"completion_tokens":1}}'],
    },
  ]
  const { url } = await startScriptedServer(() => answers.shift()!)
  const call = async (): Promise<void> => {
    await post(`${url}/v1/chat/completions`, { model: 'shared-1' })
  }
  const failing = (maxRetries: number) =>
    instrumentAgent(
      async () => {
        await call()
        throw new Error('the client hides the status')
      },
      { name: 'limited', logger: false, recovery: { maxRetries } },
    )
  await expect(failing(0)()).rejects.toThrow('hides')
  const error: unknown = await failing(1)().catch((thrown: unknown) => thrown)
  const [wait] = recoveryOf(error)!.waits
  expect(wait).toBeGreaterThan(40)
  expect(wait).toBeLessThan(60)
  const remaining = (await telemetry.points('provider.quota.remaining')).filter(
    ({ attributes }) => attributes['gen_ai.request.model'] === 'shared-1',
  )
  expect(remaining.map(({ attributes, value }) => [attributes['quota'], value])).toEqual([['requests', 42]])
  const requests = (await telemetry.points('provider.requests')).filter(
    ({ attributes }) => attributes['gen_ai.request.model'] === 'shared-1',
  )
  expect(Object.fromEntries(requests.map(({ attributes, value }) => [attributes['outcome'], value]))).toEqual({
    rate_limited: 1,
    unavailable: 1,
    success: 1,
  })
})
