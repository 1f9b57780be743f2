import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { openTelegramChannel, telegramMessage } from '../../src/channels/telegram/telegram-channel.ts'
import { anyNotice } from '../message/any-notice.ts'
import { nastyNotice } from '../message/nasty-markup.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { exchange, resultOf } from './at-server.ts'
import { answerWith, neverAnswers, resets, type Answer } from './fake-http.ts'

const token = '123456:token-of-the-bot-abcdefgh'
const open = (url: string): Channel =>
  openTelegramChannel({ name: 'telegram', botToken: new Secret(token), chat: '-1001', apiUrl: `${url}/` })
const posted = (id: number): Answer => answerWith(200, { ok: true, result: { message_id: id } })
const refused = (status: number, description: string, parameters?: object): Answer =>
  answerWith(status, { ok: false, error_code: status, description, parameters })

test('a critical alert is sent as this message', async () => {
  const { results, seen } = await exchange(open, [posted(7)])
  expect(results).toEqual([{ kind: 'delivered', thread: { message: 7, chat: '-1001' } }])
  expect(seen.map(({ path }) => path)).toEqual([`/bot${token}/sendMessage`])
  expect(seen[0]!.json).toMatchSnapshot()
})

test('the end of an incident changes its first message and replies to it', async () => {
  const { results, seen } = await exchange(open, [posted(7), posted(7), posted(8)], [{}, { notice: sampleNotices.resolved }])
  expect(seen.map(({ path }) => path.split('/').at(-1))).toEqual(['sendMessage', 'editMessageText', 'sendMessage'])
  expect(seen[1]!.json).toMatchObject({ chat_id: '-1001', message_id: 7, ...telegramMessage(sampleNotices.resolved) })
  expect(seen[2]!.json).toMatchObject({ reply_parameters: { message_id: 7, allow_sending_without_reply: true } })
  expect(results[1]).toEqual({ kind: 'delivered', thread: { message: 7, chat: '-1001' } })
})

test('an attempt after a change that arrived is no failure', async () => {
  const same = refused(400, 'Bad Request: message is not modified: specified new message content is the same')
  const { results } = await exchange(open, [posted(7), same, posted(8)], [{}, { notice: sampleNotices.resolved }])
  expect(results[1]).toMatchObject({ kind: 'delivered' })
})

test.each(['Bad Request: message to edit not found', "Bad Request: message can't be edited"])(
  'an incident gets a new message after "%s"',
  async (description) => {
    const { results, seen } = await exchange(
      open,
      [posted(7), refused(400, description), posted(9)],
      [{}, { notice: sampleNotices.resolved }],
    )
    expect(seen.map(({ path }) => path.split('/').at(-1))).toEqual(['sendMessage', 'editMessageText', 'sendMessage'])
    expect(results[1]).toEqual({ kind: 'delivered', thread: { message: 9, chat: '-1001' } })
  },
)

test('a group that became a supergroup gets its messages under its new id', async () => {
  const moved = refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: -1002 })
  const { results, seen } = await exchange(open, [moved, posted(7)], [{}, { notice: sampleNotices.event }])
  expect(seen.map(({ json }) => json['chat_id']).slice(0, 2)).toEqual(['-1001', '-1002'])
  expect(results.map(({ kind }) => kind)).toEqual(['delivered', 'delivered'])
})

test('a message whose markup Telegram refuses is sent again as plain text', async () => {
  const { results, seen } = await exchange(open, [refused(400, "Bad Request: can't parse entities: x"), posted(7)])
  expect(results[0]).toMatchObject({ kind: 'delivered' })
  expect(seen[1]!.json['parse_mode']).toBeUndefined()
  expect(seen[1]!.json['text']).toMatch(/^CRITICAL - AgentErrorRateCritical: api-integrator\n/)
})

test.each<[string, Answer, Partial<DeliveryResult>]>([
  ['429', refused(429, 'Too Many Requests: retry after 17', { retry_after: 17 }), { kind: 'retry', retryAfterSeconds: 17 }],
  ['429 with only a header', answerWith(429, '', { 'retry-after': '5' }), { kind: 'retry', retryAfterSeconds: 5 }],
  ['a wrong token', refused(401, 'Unauthorized'), { kind: 'channel-down' }],
  ['a token of no bot', refused(404, 'Not Found'), { kind: 'channel-down' }],
  ['a bot that was removed', refused(403, 'Forbidden: bot was kicked from the supergroup chat'), { kind: 'channel-down' }],
  ['a chat that does not exist', refused(400, 'Bad Request: chat not found'), { kind: 'channel-down' }],
  ['a topic that is closed', refused(400, 'Bad Request: TOPIC_CLOSED'), { kind: 'channel-down' }],
  ['missing rights', refused(400, 'Bad Request: not enough rights to send text messages to the chat'), { kind: 'channel-down' }],
  ['an unknown 400', refused(400, 'Bad Request: something'), { kind: 'undeliverable' }],
  ['a plain text that is refused, too', refused(400, 'Bad Request: message is too long'), { kind: 'undeliverable' }],
  ['500', refused(500, 'Internal Server Error'), { kind: 'retry', unknown: true }],
  ['503', answerWith(503), { kind: 'retry', reason: 'Telegram answered 503' }],
  ['200 that is not ok', answerWith(200, { ok: false }), { kind: 'retry', unknown: true }],
  ['200 with a page', answerWith(200, '<html>maintenance</html>'), { kind: 'retry', unknown: true }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await resultOf(open, answer)).toMatchObject(expected)
})

test('a server that never answers is given up after the time limit', async () => {
  const impatient = (url: string): Channel =>
    openTelegramChannel({ name: 'telegram', botToken: new Secret(token), chat: '-1001', apiUrl: url, timeoutMs: 100 })
  expect(await resultOf(impatient, neverAnswers)).toMatchObject({ kind: 'retry', unknown: true })
})

test('markup and mentions in external text do nothing', () => {
  const { text } = telegramMessage(nastyNotice)
  expect(text).not.toMatch(/(?:^|[^\p{L}\p{N}.])@[a-z]/mu)
  expect(text).not.toMatch(/<a href="(?:tg|https:\/\/evil)/)
})

property.prop([anyNotice])('any notice is valid HTML of Telegram within its limit', (notice) => {
  const { text } = telegramMessage(notice)
  expect(text.length).toBeLessThanOrEqual(4_096)
  expect(text.isWellFormed()).toBe(true)
  const tags = /<(b|a href="https?:[^"<>]*")>([^<>]*)<\/([ab])>/g
  for (const [, opened, , closed] of text.matchAll(tags)) expect(opened![0]).toBe(closed)
  const rest = text.replaceAll(tags, '$2')
  expect(rest).not.toMatch(/[<>]/)
  expect(rest.replaceAll(/&(?:amp|lt|gt|quot);/g, '')).not.toContain('&')
})
