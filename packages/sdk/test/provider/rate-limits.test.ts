import { expect, test } from 'vitest'

import { rateLimitsIn, resetWaitSeconds } from '../../src/provider/rate-limits.ts'
import { serverWaitSeconds } from '../../src/recovery/retry-after.ts'

const nowMs = Date.parse('2026-11-30T10:00:00Z')
const limits = (headers: unknown): unknown => rateLimitsIn(headers, nowMs)
const reset = (value: unknown): number | undefined =>
  rateLimitsIn({ 'x-ratelimit-reset-requests': value }, nowMs)[0]?.resetSeconds

test('reads limit, rest and reset of each quota, in the spelling of OpenAI and of Anthropic', () => {
  expect(
    limits({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'X-RateLimit-Remaining-Tokens': '149984',
    }),
  ).toEqual([
    { quota: 'requests', limit: 60, remaining: 59, resetSeconds: 1 },
    { quota: 'tokens', limit: undefined, remaining: 149_984, resetSeconds: undefined },
  ])
  const anthropic = {
    'anthropic-ratelimit-input-tokens-limit': '40000',
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': '2026-11-30T10:00:20Z',
  }
  expect(limits(new Headers(anthropic))).toEqual([{ quota: 'input_tokens', limit: 40_000, remaining: 0, resetSeconds: 20 }])
  expect(limits(new Map(Object.entries(anthropic)))).toEqual(limits(new Headers(anthropic)))
  expect(limits(Object.entries(anthropic).flat())).toEqual(limits(new Headers(anthropic)))
})

test('reads headers that name no quota as requests', () => {
  for (const prefix of ['x-ratelimit', 'ratelimit', 'X-RateLimit']) {
    const headers = { [`${prefix}-limit`]: '20', [`${prefix}-remaining`]: '0', [`${prefix}-reset`]: '12' }
    expect(limits(headers)).toEqual([{ quota: 'requests', limit: 20, remaining: 0, resetSeconds: 12 }])
  }
  // OpenRouter
  expect(limits({ 'x-ratelimit-reset': `${nowMs + 30_500}` })).toMatchObject([{ resetSeconds: 30.5 }])
  expect(serverWaitSeconds({ status: 429, headers: { 'x-ratelimit-reset': '12' } }, nowMs)).toBe(12)
})

test('reads the headers of Mistral', () => {
  const mistral = {
    'x-ratelimit-limit-req-minute': '720',
    'x-ratelimit-remaining-req-minute': '717',
    'x-ratelimit-limit-tokens-minute': '500000',
    'x-ratelimit-remaining-tokens-minute': '0',
    'ratelimitbysize-limit': '500000',
    'ratelimitbysize-remaining': '0',
    'ratelimitbysize-reset': '28',
  }
  expect(limits(mistral)).toEqual([
    { quota: 'requests_minute', limit: 720, remaining: 717, resetSeconds: undefined },
    { quota: 'tokens_minute', limit: 500_000, remaining: 0, resetSeconds: 28 },
  ])
  expect(serverWaitSeconds({ statusCode: 429, headers: new Headers(mistral) }, nowMs)).toBe(28)
})

test('reads a reset as a duration, seconds, seconds since 1970, or a time', () => {
  expect(['1s', '6m0s', '20ms', '1h2m3.5s', '12.5', 7, '0', `${nowMs / 1000 + 30}`].map(reset)).toEqual([
    1, 360, 0.02, 3723.5, 12.5, 7, 0, 30,
  ])
  expect(['soon', '', '-5', '5 apples', '2026-13-45T00:00:00Z', null, Number.NaN, '9'.repeat(80)].map(reset)).toEqual(
    Array.from({ length: 8 }),
  )
  // A time that has passed
  expect(reset('2026-11-30T09:00:00Z')).toBe(0)
})

test('headers without a rate limit, or of a hostile object, describe none', () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no')
      },
    },
  )
  expect([{}, undefined, 5, { date: 'x' }, hostile].map(limits)).toEqual([[], [], [], [], []])
})

test('a call waits for the used-up quota that is full last, at most 60 s', () => {
  const of = (remaining: number | undefined, resetSeconds: number) =>
    ({ quota: 'requests', limit: 60, remaining, resetSeconds }) as const
  expect(resetWaitSeconds([of(0, 20), of(0, 30), of(5, 50)], 200)).toBe(30)
  expect(resetWaitSeconds([of(0, 3600)], 200)).toBe(60)
  expect(resetWaitSeconds([of(5, 50)], 200)).toBeUndefined()
  // The request was too large for what was left: no quota is empty
  expect(resetWaitSeconds([of(5, 50), of(9, 40)], 429)).toBe(40)
  expect(resetWaitSeconds([], 429)).toBeUndefined()
})

test('the wait that a server asked for takes precedence over a reset', () => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '40s' }
  expect(serverWaitSeconds({ status: 429, headers }, nowMs)).toBe(40)
  expect(serverWaitSeconds({ status: 429, headers: { ...headers, 'retry-after': '7' } }, nowMs)).toBe(7)
})
