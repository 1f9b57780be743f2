import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { openPagerdutyChannel, pagerdutyRequest } from '../../src/channels/pagerduty/pagerduty-channel.ts'
import { channelFailed, channelRecovered, metaNotice } from '../../src/message/meta-notices.ts'
import { anyNotice } from '../message/any-notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { exchange, resultOf } from './at-server.ts'
import { answerWith, neverAnswers, resets, type Answer } from './fake-http.ts'

const routingKey = 'abcdefghijklmnopqrstuvwxyz012345'
const open = (url: string): Channel =>
  openPagerdutyChannel({ name: 'pagerduty', routingKey: new Secret(routingKey), apiUrl: url })
const success = answerWith(202, { status: 'success', message: 'Event processed', dedup_key: 'x' })
const invalid = (...errors: string[]): Answer =>
  answerWith(400, { status: 'invalid event', message: 'Event object is invalid', errors })

test('a critical alert is sent as this event', async () => {
  const { results, seen } = await exchange(open, [success])
  expect(results).toEqual([{ kind: 'delivered' }])
  expect(seen.map(({ path }) => path)).toEqual(['/v2/enqueue'])
  expect(seen[0]!.json).toMatchSnapshot()
})

test.each([
  ['firing', 'trigger'],
  ['repeat', 'trigger'],
  ['acknowledged', 'acknowledge'],
  ['resolved', 'resolve'],
  ['digest', 'trigger'],
  ['drill', 'trigger'],
  ['meta', 'trigger'],
] as const)('a notice of kind %s is a %s', (kind, action) => {
  expect(pagerdutyRequest(sampleNotices[kind], 'd')).toMatchObject({ path: '/v2/enqueue', body: { event_action: action } })
})

test('an end closes its incident also in a storm', () => {
  expect(open('https://events.pagerduty.com').hasIncidents).toBe(true)
})

test.each(['event', 'summary'] as const)('a notice of kind %s opens no incident', (kind) => {
  const { path, body } = pagerdutyRequest(sampleNotices[kind], 'd')
  expect(path).toBe('/v2/change/enqueue')
  expect(body).not.toHaveProperty('event_action')
})

test('all notices of an incident have the same key, those of another one have another', () => {
  const keyOf = (notice = sampleNotices.firing): unknown =>
    (pagerdutyRequest(notice, 'd').body as { dedup_key: string }).dedup_key
  expect(keyOf(sampleNotices.resolved)).toBe(keyOf())
  expect(keyOf(sampleNotices.meta)).not.toBe(keyOf())
})

test('the end of a problem of the bridge itself resolves its incident', () => {
  const [begin, end] = [channelFailed('mail', 'x'), channelRecovered('mail')].map(
    (meta) => pagerdutyRequest(metaNotice(meta, 1_790_000_000_000), 'd').body as { event_action: string; dedup_key: string },
  )
  expect([begin!.event_action, end!.event_action]).toEqual(['trigger', 'resolve'])
  expect(end!.dedup_key).toBe(begin!.dedup_key)
})

test('an event that PagerDuty refuses is sent again with its summary only', async () => {
  const { results, seen } = await exchange(open, [invalid("'payload.custom_details' is invalid"), success])
  expect(results).toEqual([{ kind: 'delivered' }])
  expect(seen[1]!.json).toEqual({
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: seen[0]!.json['dedup_key'],
    payload: { summary: (seen[0]!.json['payload'] as { summary: string }).summary, source: 'Swarmwatch', severity: 'critical' },
  })
})

test.each<[string, Answer, Partial<DeliveryResult>]>([
  ['429', answerWith(429, { status: 'throttle exceeded' }), { kind: 'retry' }],
  ['429 with a wait', answerWith(429, '', { 'retry-after': '30' }), { kind: 'retry', retryAfterSeconds: 30 }],
  [
    'a key of the wrong length',
    invalid("Length of 'routing_key' is incorrect (should be 32 characters)"),
    { kind: 'channel-down' },
  ],
  ['an unknown key', invalid('Invalid routing key'), { kind: 'channel-down' }],
  ['403', answerWith(403), { kind: 'channel-down' }],
  ['an event that is refused, too', invalid("'payload.summary' is missing or blank"), { kind: 'undeliverable' }],
  ['413', answerWith(413), { kind: 'undeliverable' }],
  ['500', answerWith(500), { kind: 'retry', reason: 'PagerDuty answered 500' }],
  ['200 with a page', answerWith(200, '<html>proxy</html>'), { kind: 'retry', unknown: true }],
  ['202 without success', answerWith(202, { status: 'invalid' }), { kind: 'retry', unknown: true }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await resultOf(open, answer)).toMatchObject(expected)
})

test('a server that never answers is given up after the time limit', async () => {
  const impatient = (url: string): Channel =>
    openPagerdutyChannel({ name: 'pagerduty', routingKey: new Secret(routingKey), apiUrl: url, timeoutMs: 100 })
  expect(await resultOf(impatient, neverAnswers)).toMatchObject({ kind: 'retry', unknown: true })
})

property.prop([anyNotice])('any notice is within the limits of PagerDuty', (notice) => {
  const { body } = pagerdutyRequest(notice, 'd'.repeat(500))
  const json = JSON.stringify({ routing_key: routingKey, ...body })
  expect(Buffer.byteLength(json)).toBeLessThan(512_000)
  expect(json.isWellFormed()).toBe(true)
  const { summary, source, timestamp } = body.payload!
  expect([summary !== '', summary.length <= 1_024, source !== '']).toEqual([true, true, true])
  if (timestamp !== undefined) expect(Number.isFinite(Date.parse(timestamp))).toBe(true)
  if ('dedup_key' in body) expect(body.dedup_key.length).toBeLessThanOrEqual(255)
  for (const { href, text } of body.links ?? []) expect([text !== '', /^https?:/.test(href)]).toEqual([true, true])
})
