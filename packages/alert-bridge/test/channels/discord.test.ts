import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { discordMessage, openDiscordChannel } from '../../src/channels/discord/discord-channel.ts'
import { anyNotice } from '../message/any-notice.ts'
import { nastyNotice } from '../message/nasty-markup.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { exchange, resultOf } from './at-server.ts'
import { answerWith, neverAnswers, resets, resetsMidBody, type Answer } from './fake-http.ts'

const path = '/api/webhooks/1300000000000000001/token-of-the-webhook'
const open = (url: string): Channel => openDiscordChannel({ name: 'discord', webhook: new Secret(`${url}${path}`) })
const posted = (id: string): Answer => answerWith(200, { id })
const refused = (status: number, code: number, more: object = {}): Answer => answerWith(status, { message: 'no', code, ...more })

test('a critical alert is sent as this embed', async () => {
  const { results, seen } = await exchange(open, [posted('7')])
  expect(results).toEqual([{ kind: 'delivered', thread: { message: '7' } }])
  expect(seen.map(({ method, path }) => [method, path])).toEqual([['POST', `${path}?wait=true`]])
  expect(seen[0]!.json).toMatchSnapshot()
})

test('the end of an incident changes its first message and posts another one', async () => {
  const { results, seen } = await exchange(
    open,
    [posted('7'), posted('7'), posted('8')],
    [{}, { notice: sampleNotices.resolved }],
  )
  expect(seen.map(({ method, path }) => [method, path])).toEqual([
    ['POST', `${path}?wait=true`],
    ['PATCH', `${path}/messages/7`],
    ['POST', `${path}?wait=true`],
  ])
  expect(seen[1]!.json).toEqual(discordMessage(sampleNotices.resolved))
  expect(seen[2]!.json).toEqual(discordMessage(sampleNotices.resolved))
  expect(results[1]).toEqual({ kind: 'delivered', thread: { message: '7' } })
})

test('the thread of a forum in the address of the webhook is kept in every request', async () => {
  const inThread = (url: string): Channel =>
    openDiscordChannel({ name: 'discord', webhook: new Secret(`${url}${path}?thread_id=55`) })
  const { seen } = await exchange(inThread, [posted('7')], [{}, { notice: sampleNotices.digest }])
  expect(seen.map(({ path }) => path)).toEqual([`${path}?thread_id=55&wait=true`, `${path}/messages/7?thread_id=55`])
})

test.each([
  ['was deleted', refused(404, 10_008)],
  ['belongs to another webhook', refused(403, 50_005)],
  ['was edited too often', refused(400, 30_046)],
])('an incident whose first message %s gets a new one', async (_, answer) => {
  const { results, seen } = await exchange(open, [posted('7'), answer, posted('9')], [{}, { notice: sampleNotices.resolved }])
  expect(seen.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST'])
  expect(results[1]).toEqual({ kind: 'delivered', thread: { message: '9' } })
})

test('an embed that Discord refuses is sent again as text', async () => {
  const { results, seen } = await exchange(open, [refused(400, 50_035), posted('7')])
  expect(results[0]).toMatchObject({ kind: 'delivered' })
  expect(seen[1]!.json['embeds']).toEqual([])
  expect(seen[1]!.json['content']).toMatch(/^CRITICAL - AgentErrorRateCritical: api-integrator\n/)
})

test.each<[string, Answer, Partial<DeliveryResult>]>([
  [
    '429 with the wait in the body',
    refused(429, 0, { retry_after: 2.3, global: false }),
    { kind: 'retry', retryAfterSeconds: 3 },
  ],
  ['429 of Cloudflare', answerWith(429, 'error code: 1015', { 'retry-after': '60' }), { kind: 'retry', retryAfterSeconds: 60 }],
  ['a webhook that was deleted', refused(404, 10_015), { kind: 'channel-down' }],
  ['a channel that was deleted', refused(404, 10_003), { kind: 'channel-down' }],
  ['a token that is wrong', refused(401, 50_027), { kind: 'channel-down' }],
  ['a channel that needs a thread', refused(400, 220_001), { kind: 'channel-down' }],
  ['an archived thread', refused(400, 50_083), { kind: 'channel-down' }],
  ['a missing permission', refused(403, 50_013), { kind: 'channel-down' }],
  ['a text that is refused, too', refused(400, 50_035), { kind: 'undeliverable' }],
  ['400 without a code', answerWith(400, 'bad'), { kind: 'undeliverable' }],
  ['413', answerWith(413), { kind: 'undeliverable' }],
  ['500', answerWith(500), { kind: 'retry', unknown: true }],
  ['502', answerWith(502, '<html>bad gateway</html>'), { kind: 'retry', unknown: true }],
  ['503', answerWith(503), { kind: 'retry', reason: 'Discord answered 503' }],
  ['200 with a page', answerWith(200, '<html>maintenance</html>'), { kind: 'retry', unknown: true }],
  ['a redirect', answerWith(302, '', { location: 'https://example.com' }), { kind: 'channel-down' }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
  ['a reset in the middle of the answer', resetsMidBody, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await resultOf(open, answer)).toMatchObject(expected)
})

test('a server that never answers is given up after the time limit', async () => {
  const impatient = (url: string): Channel =>
    openDiscordChannel({ name: 'discord', webhook: new Secret(`${url}${path}`), timeoutMs: 100 })
  expect(await resultOf(impatient, neverAnswers)).toMatchObject({ kind: 'retry', unknown: true })
})

test('markup and mentions in external text do nothing', () => {
  const message = discordMessage(nastyNotice)
  expect(message.allowed_mentions).toEqual({ parse: [] })
  const text = `${message.embeds[0]!.title}\n${message.embeds[0]!.description}`
  expect(text).not.toMatch(/@(?:everyone|here)|<[@#!]|\](?<!\\\])\(https:\/\/evil/)
})

property.prop([anyNotice])('any notice is within the limits of Discord', (notice) => {
  const { content, embeds } = discordMessage(notice)
  expect(content).toBe('')
  const { title, description = '' } = embeds[0]!
  expect(title.length).toBeGreaterThan(0)
  expect(title.length).toBeLessThanOrEqual(256)
  expect(description.length).toBeLessThanOrEqual(4_096)
  expect(title.length + description.length).toBeLessThanOrEqual(6_000)
  expect(`${title}${description}`.isWellFormed()).toBe(true)
})
