import { expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { statusFailure } from '../../src/channels/request-failure.ts'

const now = new Date('2026-11-24T10:00:00Z')
const failure = (status: number, text = '', retryAfter?: string): DeliveryResult =>
  statusFailure({ status, text, retryAfter }, now)
const kinds = (statuses: readonly number[]): string[] => [...new Set(statuses.map((status) => failure(status).kind))]

test('an endpoint that is gone, has moved or refuses our credentials is down until the operator fixes it', () => {
  expect(kinds([300, 302, 307, 399, 401, 403, 404, 405, 407, 410])).toEqual(['channel-down'])
})

test('a message that the endpoint refuses is never taken', () => {
  expect(kinds([400, 402, 406, 409, 413, 422, 499])).toEqual(['undeliverable'])
})

test('an endpoint that is busy or broken is asked again', () => {
  expect(kinds([100, 299, 408, 425, 429, 500, 503, 599])).toEqual(['retry'])
})

test('the reason names the status and the first 200 characters of the answer, and that a redirect is not followed', () => {
  expect(failure(500)).toEqual({ kind: 'retry', reason: 'the endpoint answered 500' })
  expect(failure(422, 'x'.repeat(300)).kind).toBe('undeliverable')
  expect(failure(422, 'x'.repeat(300))).toHaveProperty('reason', `the endpoint answered 422: ${'x'.repeat(200)}`)
  expect(failure(301, 'see /new')).toEqual({
    kind: 'channel-down',
    reason: 'the endpoint answered 301: see /new; redirects are not followed',
  })
})

test('an endpoint that requests a wait gets no request in that time', () => {
  expect(failure(429, '', '30')).toEqual({ kind: 'retry', reason: 'the endpoint answered 429', retryAfterSeconds: 30 })
  expect(failure(429)).not.toHaveProperty('retryAfterSeconds')
})
