import { test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { Channel, DeliveryResult } from '../../src/channels/channel.ts'
import { mattermostMessage, openMattermostChannel } from '../../src/channels/mattermost/mattermost-channel.ts'
import { anyNotice } from '../message/any-notice.ts'
import { nastyNotice } from '../message/nasty-markup.ts'
import { exchange, resultOf } from './at-server.ts'
import { answerWith, neverAnswers, resets, type Answer } from './fake-http.ts'

const open = (url: string): Channel =>
  openMattermostChannel({ name: 'mattermost', webhook: new Secret(`${url}/hooks/abcdefghijkl`) })
const mattermost = (status: number, id: string): Answer => answerWith(status, { id, message: 'no', status_code: status })
const rocketChat = (status: number, error: string): Answer => answerWith(status, { success: false, error })

test('a critical alert is sent as this message', async () => {
  const { results, seen } = await exchange(open, [answerWith(200, 'ok')])
  expect(results).toEqual([{ kind: 'delivered' }])
  expect(seen.map(({ path }) => path)).toEqual(['/hooks/abcdefghijkl'])
  expect(seen[0]!.json).toMatchSnapshot()
})

test('the answer of Rocket.Chat is success, too', async () => {
  expect(await resultOf(open, answerWith(200, { success: true }))).toEqual({ kind: 'delivered' })
})

test('an attachment that the server refuses is sent again as text', async () => {
  const refused = mattermost(400, 'web.incoming_webhook.split_props_length.app_error')
  const { results, seen } = await exchange(open, [refused, answerWith(200, 'ok')])
  expect(results).toEqual([{ kind: 'delivered' }])
  expect(Object.keys(seen[1]!.json)).toEqual(['text'])
  expect(seen[1]!.json['text']).toMatch(/^\*\*CRITICAL - AgentErrorRateCritical: api-integrator\*\*\n\n/)
})

test.each<[string, Answer, Partial<DeliveryResult>]>([
  ['429', answerWith(429, 'limit exceeded', { 'retry-after': '1' }), { kind: 'retry', retryAfterSeconds: 1 }],
  ['a webhook that was deleted', mattermost(400, 'web.incoming_webhook.invalid.app_error'), { kind: 'channel-down' }],
  ['webhooks that are turned off', mattermost(501, 'web.incoming_webhook.disabled.app_error'), { kind: 'channel-down' }],
  ['a channel that was deleted', mattermost(404, 'web.incoming_webhook.channel.app_error'), { kind: 'channel-down' }],
  ['a channel without permission', mattermost(403, 'web.incoming_webhook.permissions.app_error'), { kind: 'channel-down' }],
  ['a wrong token of Rocket.Chat', rocketChat(401, 'Invalid integration id or token provided.'), { kind: 'channel-down' }],
  ['a channel that Rocket.Chat lacks', rocketChat(400, 'invalid-channel'), { kind: 'channel-down' }],
  ['an unknown 400', mattermost(400, 'web.incoming_webhook.text.app_error'), { kind: 'undeliverable' }],
  ['413', answerWith(413), { kind: 'undeliverable' }],
  ['500', mattermost(500, 'store.sql_post.save.app_error'), { kind: 'retry', unknown: true }],
  ['503', answerWith(503), { kind: 'retry', reason: 'the server answered 503' }],
  ['200 with a page', answerWith(200, '<html>maintenance</html>'), { kind: 'retry', unknown: true }],
  ['200 without success', rocketChat(200, 'error-not-allowed'), { kind: 'retry', unknown: true }],
  ['a redirect', answerWith(301, '', { location: 'https://example.com' }), { kind: 'channel-down' }],
  ['a reset connection', resets, { kind: 'retry', unknown: true }],
])('%s is classified', async (_, answer, expected) => {
  expect(await resultOf(open, answer)).toMatchObject(expected)
})

test('a server that never answers is given up after the time limit', async () => {
  const impatient = (url: string): Channel =>
    openMattermostChannel({ name: 'mattermost', webhook: new Secret(`${url}/hooks/abcdefghijkl`), timeoutMs: 100 })
  expect(await resultOf(impatient, neverAnswers)).toMatchObject({ kind: 'retry', unknown: true })
})

test('markup and mentions in external text do nothing', () => {
  const { text, attachments } = mattermostMessage(nastyNotice)
  const all = `${text}\n${attachments?.[0]?.text}\n${attachments?.[0]?.fallback}`
  expect(all).not.toMatch(/@(?:everyone|here|channel|all|alice)|<[@#!]|\](?<!\\\])\(https:\/\/evil/)
})

property.prop([anyNotice])('any notice is within the limits of Rocket.Chat, which are the smaller ones', (notice) => {
  const { text, attachments = [] } = mattermostMessage(notice)
  expect(text.length).toBeLessThanOrEqual(400)
  for (const attachment of attachments) {
    expect(attachment.text).not.toBe('')
    expect(text.length + attachment.text.length).toBeLessThanOrEqual(5_000)
  }
  expect(JSON.stringify({ text, attachments }).isWellFormed()).toBe(true)
})
