import { createHmac } from 'node:crypto'

import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { ChannelDependencies, DeliveryResult } from '../../src/channels/channel.ts'
import { openWebhookChannel, type WebhookChannelSettings } from '../../src/channels/webhook/webhook-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { type Answer, fakeHttp, hangsUpMidBody, neverAnswers, oneByteASecond, resets, answerWith } from './fake-http.ts'
import { expiredTls, validTls } from './test-tls.ts'

const neverAborted = new AbortController().signal
const base = {
  type: 'webhook',
  name: 'own',
  severities: ['critical'],
  fallback: false,
  quietHours: undefined,
  secret: undefined,
  allowedPrivateHosts: ['127.0.0.1'],
} as const
const delivery = { id: 'delivery-1', recipient: 'own', notice: sampleNotices.firing }

function deliverTo(
  url: string,
  more: Partial<WebhookChannelSettings> = {},
  dependencies: Partial<ChannelDependencies> = {},
): Promise<DeliveryResult> {
  return openWebhookChannel({ ...base, url: new Secret(url), ...more }, dependencies).deliver(delivery, neverAborted)
}

async function answered(answer: Answer, more: Partial<WebhookChannelSettings> = {}): Promise<DeliveryResult> {
  await using http = await fakeHttp(answer)
  return await deliverTo(http.url, more)
}

test('signs by Standard Webhooks with every key', async () => {
  await using http = await fakeHttp(answerWith(200))
  const raw = Buffer.from('a key of thirty-two bytes, no less')
  const now = (): Date => new Date('2026-11-24T02:15:00Z')
  const secrets = [new Secret(`whsec_${raw.toString('base64')}`)]
  expect(await deliverTo(http.url, { secret: new Secret('plain'), secrets }, { now })).toEqual({ kind: 'delivered' })
  const { headers, body } = http.seen[0]!
  const signature = (key: Buffer | string): string =>
    `v1,${createHmac('sha256', key).update(`delivery-1.1795486500.${body}`).digest('base64')}`
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': 'delivery-1',
    'webhook-timestamp': '1795486500',
    'webhook-signature': `${signature('plain')} ${signature(raw)}`,
  })
})

test('without a key it is not signed', async () => {
  await using http = await fakeHttp(answerWith(200))
  await deliverTo(http.url)
  expect(http.seen[0]!.headers).not.toHaveProperty('webhook-signature')
})

test.each<[number, Record<string, string>, DeliveryResult['kind'], number?]>([
  [200, {}, 'delivered'],
  [202, {}, 'delivered'],
  [204, {}, 'delivered'],
  [302, { location: 'http://127.0.0.1:1/' }, 'channel-down'],
  [400, {}, 'undeliverable'],
  [401, {}, 'channel-down'],
  [404, {}, 'channel-down'],
  [410, {}, 'channel-down'],
  [413, {}, 'undeliverable'],
  [422, {}, 'undeliverable'],
  [429, { 'retry-after': '120' }, 'retry', 120],
  [429, { 'retry-after': 'Tue, 24 Nov 2026 02:16:00 GMT' }, 'retry', 60],
  [429, { 'retry-after': '999999999' }, 'retry', 3_600],
  [500, {}, 'retry'],
  [502, { 'retry-after': '9' }, 'retry', 9],
  [504, { 'retry-after': 'soon' }, 'retry'],
])('%d with %o is %s', async (status, headers, kind, seconds) => {
  await using http = await fakeHttp(answerWith(status, '', headers))
  const result = await deliverTo(http.url, {}, { now: () => new Date('2026-11-24T02:15:00Z') })
  expect(result.kind).toBe(kind)
  expect('retryAfterSeconds' in result ? result.retryAfterSeconds : undefined).toBe(seconds)
})

test('a redirect is not followed', async () => {
  await using aim = await fakeHttp(answerWith(200))
  expect(await answered(answerWith(307, '', { location: aim.url }))).toEqual({
    kind: 'channel-down',
    reason: 'the endpoint answered 307; redirects are not followed',
  })
  expect(aim.seen).toEqual([])
})

test('reports whether a message has arrived, has not, or may have', async () => {
  expect(await answered(resets)).toMatchObject({ kind: 'retry', unknown: true })
  expect(await answered(neverAnswers, { timeoutMs: 1_000 })).toMatchObject({ kind: 'retry', unknown: true })
  // the status was 200: the rest of the answer does not matter
  expect(await answered(hangsUpMidBody)).toEqual({ kind: 'delivered' })
  expect(await answered(oneByteASecond)).toEqual({ kind: 'delivered' })
})

test('without a listener or with a name that does not resolve, nothing has arrived', async () => {
  const http = await fakeHttp(answerWith(200))
  await http[Symbol.asyncDispose]()
  expect(await deliverTo(http.url)).toEqual({ kind: 'retry', reason: `connect ECONNREFUSED 127.0.0.1:${http.port}` })
  expect(await deliverTo('http://nowhere.invalid/')).toEqual({
    kind: 'retry',
    reason: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) as string,
  })
})

test('a certificate that is trusted is taken, an expired or a strange one is a dead channel', async () => {
  await using good = await fakeHttp(answerWith(200), validTls)
  await using old = await fakeHttp(answerWith(200), expiredTls)
  expect(await deliverTo(good.url, { ca: validTls.cert })).toEqual({ kind: 'delivered' })
  expect(await deliverTo(good.url)).toMatchObject({ kind: 'channel-down' })
  expect(await deliverTo(old.url, { ca: expiredTls.cert })).toEqual({
    kind: 'channel-down',
    reason: 'the certificate was refused: certificate has expired (CERT_HAS_EXPIRED)',
  })
  expect([...good.seen, ...old.seen]).toHaveLength(1)
})
