import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { ntfyMessage, openNtfyChannel } from '../../src/channels/ntfy/ntfy-channel.ts'
import { anyNotice } from '../message/any-notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { exchange, resultOf } from './at-server.ts'
import { answerWith, neverAnswers, resets, type Answer } from './fake-http.ts'

const open = (url: string): Channel =>
  openNtfyChannel({
    name: 'ntfy',
    url: new Secret(`${url}/below/alerts-7hg2`),
    token: new Secret('tk_abcdefghijkl'),
  })
const published = answerWith(200, { id: 'sPs71M8A2T', event: 'message' })
const refused = (code: number, error = 'no'): Answer =>
  answerWith(Math.floor(code / 100), { code, http: Math.floor(code / 100), error, link: 'https://ntfy.sh/docs' })

test('a critical alert is sent as this message', async () => {
  const { results, seen } = await exchange(open, [published])
  expect(results).toEqual([{ kind: 'delivered' }])
  expect(seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([['/below/', 'Bearer tk_abcdefghijkl']])
  expect(seen[0]!.json).toMatchSnapshot()
})

test('without a token there is no login', async () => {
  const { seen } = await exchange(
    (url) => openNtfyChannel({ name: 'ntfy', url: new Secret(`${url}/alerts`), token: undefined }),
    [published],
  )
  expect(seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([['/', undefined]])
})

test('the end of an incident replaces its notification', async () => {
  const { seen } = await exchange(open, [published], [{}, { notice: sampleNotices.resolved }, { notice: sampleNotices.event }])
  const [first, second, other] = seen.map(({ json }) => json['sequence_id'])
  expect(first).toMatch(/^[\w-]{1,64}$/)
  expect(second).toBe(first)
  expect(other).not.toBe(first)
})

test('a critical alert has the highest priority, its end an ordinary one', () => {
  const priorities = (['firing', 'repeat', 'resolved', 'summary', 'digest', 'event'] as const).map(
    (kind) => ntfyMessage(sampleNotices[kind], 't').priority,
  )
  expect(priorities).toEqual([5, 5, 3, 3, 4, 3])
})

test.each<[string, Answer, Partial<DeliveryResult>]>([
  ['too many requests', refused(42_901), { kind: 'retry', reason: expect.stringContaining('429') as string }],
  ['429 with a wait', answerWith(429, '', { 'retry-after': '9' }), { kind: 'retry', retryAfterSeconds: 9 }],
  ['the daily quota', refused(42_908, 'limit reached: daily message quota reached'), { kind: 'channel-down' }],
  ['a wrong token', refused(40_101), { kind: 'channel-down' }],
  ['a topic of someone else', refused(40_301), { kind: 'channel-down' }],
  ['an invalid topic', refused(40_009), { kind: 'channel-down' }],
  ['a page that does not exist', refused(40_401), { kind: 'channel-down' }],
  ['a text that is too long', refused(41_303), { kind: 'undeliverable' }],
  ['an invalid action', refused(40_018), { kind: 'undeliverable' }],
  ['500', refused(50_001), { kind: 'retry', unknown: true }],
  ['a full disk', answerWith(507, { code: 50_701 }), { kind: 'retry', reason: expect.stringContaining('507') as string }],
  ['200 with a page', answerWith(200, '<html>maintenance</html>'), { kind: 'retry', unknown: true }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await resultOf(open, answer)).toMatchObject(expected)
})

test('a server that never answers is given up after the time limit', async () => {
  const impatient = (url: string): Channel =>
    openNtfyChannel({ name: 'ntfy', url: new Secret(`${url}/alerts`), token: undefined, timeoutMs: 100 })
  expect(await resultOf(impatient, neverAnswers)).toMatchObject({ kind: 'retry', unknown: true })
})

test('a topic is hidden also if it is short', async () => {
  const short = (url: string): Channel => openNtfyChannel({ name: 'ntfy', url: new Secret(`${url}/tops`), token: undefined })
  const result = await resultOf(short, answerWith(403, 'no access to tops'))
  expect(result).toEqual({ kind: 'channel-down', reason: 'ntfy answered 403: no access to ***' })
})

property.prop([anyNotice])('any notice is within the limits of ntfy', (notice) => {
  const message = ntfyMessage(notice, 't'.repeat(64))
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(8_192)
  expect(Buffer.byteLength(message.message)).toBeLessThanOrEqual(4_096)
  expect(message.message).not.toBe('')
  expect(Buffer.byteLength(message.title)).toBeLessThanOrEqual(1_024)
  expect(message.actions.length).toBeLessThanOrEqual(3)
  for (const { label, url } of message.actions) expect([label !== '', /^https?:/.test(url)]).toEqual([true, true])
  expect(JSON.stringify(message).isWellFormed()).toBe(true)
})
