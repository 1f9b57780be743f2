import { expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { deliveryTimes } from '../../src/deliveries/delivery-context.ts'
import { decideOutcome, healthOf } from '../../src/deliveries/outcome.ts'

const day = 24 * 3_600_000

function decide(result: DeliveryResult, { attempts = 0, ageMs = 0, awakeForMs = 9 * day } = {}) {
  const now = 1_000_000
  return decideOutcome({ attempts, createdAt: now - ageMs }, result, { now, awakeForMs }, deliveryTimes, () => 0.5)
}

test('a successful delivery is delivered, with its thread, whatever its age', () => {
  expect(decide({ kind: 'delivered', thread: { ts: '7' } }, { ageMs: 2 * day })).toEqual({
    kind: 'delivered',
    thread: { ts: '7' },
  })
})

test('a permanent failure makes a delivery dead at once, and it has not arrived', () => {
  expect(decide({ kind: 'undeliverable', reason: '550 no such user' })).toEqual({
    kind: 'dead',
    reason: '550 no such user',
    mayHaveArrived: false,
  })
})

test('a temporary failure is retried, each time after a longer wait', () => {
  const later = { kind: 'later', reason: 'HTTP 500', mayHaveArrived: false }
  expect(decide({ kind: 'retry', reason: 'HTTP 500' })).toStrictEqual({ ...later, dueAt: 1_005_000 })
  expect(decide({ kind: 'retry', reason: 'HTTP 500' }, { attempts: 1 })).toEqual({ ...later, dueAt: 1_015_000 })
  expect(decide({ kind: 'channel-down', reason: 'HTTP 500' })).toEqual({ ...later, dueAt: 1_005_000 })
})

test('a channel that asks for patience is left alone for as long, a fraction of a second included', () => {
  expect(decide({ kind: 'retry', reason: 'HTTP 429', retryAfterSeconds: 30 })).toEqual({
    kind: 'later',
    reason: 'HTTP 429',
    mayHaveArrived: false,
    dueAt: 1_030_500,
    pauseUntil: 1_030_500,
  })
})

test('a delivery whose connection broke after the message was sent may have arrived', () => {
  expect(decide({ kind: 'retry', reason: 'timeout', unknown: true })).toMatchObject({ kind: 'later', mayHaveArrived: true })
  expect(decide({ kind: 'retry', reason: 'timeout', unknown: true }, { ageMs: 2 * day })).toMatchObject({
    kind: 'dead',
    mayHaveArrived: true,
  })
})

test('after a day the delivery fails permanently, and the reason has the number of attempts', () => {
  expect(decide({ kind: 'retry', reason: 'HTTP 500' }, { attempts: 7, ageMs: day })).toMatchObject({ kind: 'later' })
  expect(decide({ kind: 'retry', reason: 'HTTP 500' }, { attempts: 7, ageMs: day + 1 })).toEqual({
    kind: 'dead',
    reason: 'gave up after 8 attempts: HTTP 500',
    mayHaveArrived: false,
  })
})

test('a channel is broken when it reports that, failed when an attempt failed, and neither when it only requests a wait', () => {
  expect(healthOf({ kind: 'delivered' })).toBe('works')
  expect(healthOf({ kind: 'undeliverable', reason: '550' })).toBe('works')
  expect(healthOf({ kind: 'channel-down', reason: 'HTTP 404' })).toBe('broken')
  expect(healthOf({ kind: 'retry', reason: 'HTTP 500' })).toBe('failed')
  expect(healthOf({ kind: 'retry', reason: 'HTTP 429', retryAfterSeconds: 1 })).toBe('neither')
})

test('a delivery that became too old while the process was paused or down is tried for 15 min before it is dead', () => {
  const old = { attempts: 1, ageMs: 3 * day }
  expect(decide({ kind: 'retry', reason: 'HTTP 500' }, { ...old, awakeForMs: 15 * 60_000 })).toMatchObject({ kind: 'later' })
  expect(decide({ kind: 'retry', reason: 'HTTP 500' }, { ...old, awakeForMs: 15 * 60_000 + 1 })).toMatchObject({ kind: 'dead' })
})
