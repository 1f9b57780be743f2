import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { openSmsChannel, smsText } from '../../src/channels/sms/sms-channel.ts'
import { anyNotice } from '../message/any-notice.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { exchange, resultOf } from './at-server.ts'
import { answerWith, neverAnswers, resets, type Answer } from './fake-http.ts'

const settings = {
  name: 'sms',
  recipients: ['+491701234567', '+491707654321', '+491701234567'],
  account: 'AC0123456789',
  token: new Secret('auth-token-abcdefgh'),
  from: '+15005550006',
} as const
const open = (url: string): Channel => openSmsChannel({ ...settings, apiUrl: url })
const created = answerWith(201, { sid: 'SM1', status: 'queued' })
const refused = (status: number, code: number): Answer => answerWith(status, { code, message: 'no', more_info: 'x', status })

test('a critical alert is sent as this request', async () => {
  const { results, seen } = await exchange(open, [created])
  expect(results).toEqual([{ kind: 'delivered' }])
  const { path, headers, json } = seen[0]!
  expect(path).toBe('/2010-04-01/Accounts/AC0123456789/Messages.json')
  expect(headers.authorization).toBe(`Basic ${Buffer.from('AC0123456789:auth-token-abcdefgh').toString('base64')}`)
  expect(json).toMatchSnapshot()
})

test('each number is a recipient of its own, once', () => {
  expect(open('http://127.0.0.1').recipients).toEqual(['+491701234567', '+491707654321'])
})

test('a messaging service is the sender by its SID', async () => {
  const from = `MG${'0'.repeat(32)}`
  const { seen } = await exchange((url) => openSmsChannel({ ...settings, from, apiUrl: url }), [created])
  expect(seen[0]!.json).toMatchObject({ MessagingServiceSid: from })
  expect(seen[0]!.json).not.toHaveProperty('From')
})

test.each<[string, Answer, Partial<DeliveryResult>]>([
  ['429', refused(429, 20_429), { kind: 'retry' }],
  ['429 with a wait', answerWith(429, '', { 'retry-after': '4' }), { kind: 'retry', retryAfterSeconds: 4 }],
  ['a number that does not exist', refused(400, 21_211), { kind: 'undeliverable' }],
  ['a recipient who opted out', refused(400, 21_610), { kind: 'undeliverable' }],
  ['a region that is not permitted', refused(400, 21_408), { kind: 'undeliverable' }],
  ['a wrong token', refused(401, 20_003), { kind: 'channel-down' }],
  ['a sender of someone else', refused(400, 21_606), { kind: 'channel-down' }],
  ['a full queue of the sender', refused(429, 21_611), { kind: 'channel-down' }],
  ['the daily limit of the account', refused(429, 63_038), { kind: 'channel-down' }],
  ['an unknown 400', refused(400, 21_600), { kind: 'undeliverable' }],
  ['500', refused(500, 20_500), { kind: 'retry', unknown: true }],
  ['503', answerWith(503), { kind: 'retry', reason: 'the service answered 503' }],
  ['200 with a page', answerWith(200, '<html>maintenance</html>'), { kind: 'retry', unknown: true }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await resultOf(open, answer)).toMatchObject(expected)
})

test('a server that never answers is given up after the time limit', async () => {
  const impatient = (url: string): Channel => openSmsChannel({ ...settings, apiUrl: url, timeoutMs: 100 })
  expect(await resultOf(impatient, neverAnswers)).toMatchObject({ kind: 'retry', unknown: true })
})

test('the header with the token is hidden also when a server quotes it', async () => {
  const quoting: Answer = (request, response) => answerWith(400, `${request.headers.authorization}`)(request, response)
  expect(await resultOf(open, quoting)).toEqual({ kind: 'undeliverable', reason: 'the service answered 400: Basic ***' })
})

test('a text with other characters than those of GSM is shorter, because it is sent as UCS-2', () => {
  const long = (title: string): string => smsText({ ...sampleNotices.meta, title, text: 'x'.repeat(2_000), links: {} })
  expect(long('Disk')).toHaveLength(459)
  expect(long('\u4E2D')).toHaveLength(201)
})

test('a character of the extension of GSM takes two places', () => {
  expect(smsText({ ...sampleNotices.meta, title: 'x', text: '['.repeat(2_000), links: {} }).length).toBeLessThan(280)
})

property.prop([anyNotice])('any notice fits into three segments', (notice) => {
  const text = smsText(notice)
  expect(text).not.toBe('')
  expect(text.length).toBeLessThanOrEqual(459)
  expect(text.isWellFormed()).toBe(true)
})
