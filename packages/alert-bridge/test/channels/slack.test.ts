import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { openSlackChannel, type SlackChannelSettings } from '../../src/channels/slack/slack-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { planted } from './drivers/channel-driver.ts'
import { fakeHttp, neverAnswers, oneByteASecond, resets, resetsMidBody, answerWith, type Answer } from './fake-http.ts'
import { fakeSlack, type FakeSlack } from './fake-slack.ts'
import { expiredTls } from './test-tls.ts'

const base = { type: 'slack', name: 'slack', severities: ['critical'], fallback: false, quietHours: undefined } as const
const neverAborted = new AbortController().signal

function webhookOf(slack: FakeSlack, more: Partial<SlackChannelSettings> = {}): Channel {
  return openSlackChannel({
    ...base,
    webhook: new Secret(`${slack.http.url}/hook/T1/B1/${planted[0]}`),
    ...more,
  } as SlackChannelSettings)
}

async function deliverThroughWebhook(fault: Answer, more: Partial<SlackChannelSettings> = {}): Promise<DeliveryResult> {
  await using slack = await fakeSlack()
  slack.faults.push(fault, fault)
  const channel = webhookOf(slack, more)
  return await channel.deliver({ id: 'delivery-1', recipient: 'slack', notice: sampleNotices.firing }, neverAborted)
}

test.each<[string, Answer, DeliveryResult]>([
  [
    '429 waits as long as Slack requests',
    answerWith(429, '', { 'retry-after': '30' }),
    { kind: 'retry', reason: 'Slack answered 429: (nothing)', retryAfterSeconds: 30 },
  ],
  [
    '500 may have arrived',
    answerWith(500, 'rollup_error'),
    { kind: 'retry', reason: 'Slack answered 500: rollup_error', unknown: true },
  ],
  ['503 has not arrived', answerWith(503), { kind: 'retry', reason: 'Slack answered 503: (nothing)' }],
  [
    '200 with {"ok":false} is no success',
    answerWith(200, { ok: false, error: 'something_new' }),
    { kind: 'retry', reason: 'Slack answered 200 without success: something_new' },
  ],
  [
    '200 with HTML is no success',
    answerWith(200, '<html>maintenance</html>'),
    { kind: 'retry', reason: 'Slack answered 200 without success: <html>maintenance</html>' },
  ],
  [
    '404 no_service is a dead channel',
    answerWith(404, 'no_service'),
    { kind: 'channel-down', reason: 'Slack answered 404: no_service' },
  ],
  [
    '410 channel_is_archived is a dead channel',
    answerWith(410, 'channel_is_archived'),
    { kind: 'channel-down', reason: 'Slack answered 410: channel_is_archived' },
  ],
  [
    'a redirect is not followed',
    answerWith(302, '', { location: 'http://127.0.0.1:1/' }),
    { kind: 'channel-down', reason: 'Slack answered 302: (nothing); redirects are not followed' },
  ],
  [
    'invalid_blocks also for plain text is a message that can never go',
    answerWith(400, 'invalid_blocks'),
    { kind: 'undeliverable', reason: 'Slack answered 400: invalid_blocks' },
  ],
  [
    'a reset in the middle of the answer may have arrived',
    resetsMidBody,
    { kind: 'retry', reason: expect.any(String), unknown: true } as never,
  ],
  [
    'a reset in place of an answer may have arrived',
    resets,
    { kind: 'retry', reason: expect.any(String), unknown: true } as never,
  ],
])('webhook: %s', async (_, fault, result) => {
  expect(await deliverThroughWebhook(fault)).toEqual(result)
})

test.each([
  ['no answer', neverAnswers],
  ['one byte a second', oneByteASecond],
])('webhook: %s is given up after the time limit, and may have arrived', async (_, fault) => {
  expect(await deliverThroughWebhook(fault, { timeoutMs: 150 })).toMatchObject({ kind: 'retry', unknown: true })
})

test('a name that does not resolve has not arrived', async () => {
  const channel = openSlackChannel({ ...base, webhook: new Secret('http://nowhere.invalid/hook/secret-part') })
  const result = await channel.deliver({ id: 'delivery-1', recipient: 'slack', notice: sampleNotices.firing }, neverAborted)
  expect(result).toEqual({ kind: 'retry', reason: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) as string })
})

test('an expired certificate is a dead channel', async () => {
  await using http = await fakeHttp(answerWith(200, 'ok'), expiredTls)
  const channel = openSlackChannel({ ...base, webhook: new Secret(`${http.url}/hook/secret-part`) })
  const result = await channel.deliver({ id: 'delivery-1', recipient: 'slack', notice: sampleNotices.firing }, neverAborted)
  expect(result).toMatchObject({
    kind: 'channel-down',
    reason: expect.stringMatching(/^the certificate was refused: /) as string,
  })
  expect(http.seen).toEqual([])
})

test.each(['invalid_blocks', 'invalid_payload', 'too_many_attachments', 'msg_blocks_too_long'])(
  'webhook: after %s it goes once more as plain text',
  async (error) => {
    await using slack = await fakeSlack()
    slack.faults.push(answerWith(400, error))
    const result = await webhookOf(slack).deliver({ id: 'd', recipient: 'slack', notice: sampleNotices.firing }, neverAborted)
    expect(result).toEqual({ kind: 'delivered' })
    expect(slack.http.seen.map(({ json }) => Object.keys(json))).toEqual([
      ['text', 'blocks', 'unfurl_links', 'unfurl_media'],
      ['text', 'unfurl_links', 'unfurl_media'],
    ])
    expect(slack.http.seen[1]!.json['text']).toMatch(/^CRITICAL - AgentErrorRateCritical: api-integrator\n\n62 %/)
  },
)
