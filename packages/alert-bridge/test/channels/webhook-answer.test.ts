import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { openSlackChannel } from '../../src/channels/slack/slack-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { fakeHttp, says } from './fake-http.ts'

async function answered(status: number, body: string | object): Promise<DeliveryResult> {
  await using http = await fakeHttp(says(status, body))
  const channel = openSlackChannel({
    type: 'slack',
    name: 'slack',
    severities: ['critical'],
    fallback: false,
    quietHours: undefined,
    webhook: new Secret(`${http.url}/hooks/a-secret-of-the-test`),
  })
  return await channel.deliver({ id: 'd', recipient: 'slack', notice: sampleNotices.firing }, new AbortController().signal)
}

test.each<[string, number, string | object]>([
  ['Slack', 200, 'ok'],
  ['Mattermost, with blanks around', 200, ' ok \r\n'],
  ['a byte order mark', 200, '\uFEFFok'],
  ['Rocket.Chat', 200, { success: true }],
  ['a server that answers like the Web API', 200, { ok: true, ts: '1' }],
  ['a warning in a success', 200, { ok: true, warning: 'missing_charset', error: null }],
  ['a server that answers nothing', 200, ''],
  ['blanks only', 200, ' \n'],
  ['Discord', 204, ''],
  ['Discord with wait=true', 200, { id: '1', type: 0, content: 'error rate is 62 %', embeds: [] }],
  ['Zulip', 200, { result: 'success', msg: '', ignored_parameters_unsupported: ['blocks'] }],
  ['Google Chat', 200, { name: 'spaces/A/messages/B', text: 'failed 62 %', sender: {} }],
  ['Teams connectors', 200, '1'],
  ['Power Automate', 202, ''],
  ['a queue', 202, { status: 'accepted', id: 'm-1' }],
  ['a REST server', 201, { id: 'm-1', message: 'Created' }],
  ['JSON text', 200, '"ok"'],
  ['JSON true', 200, 'true'],
  ['a list of results', 200, [{ ok: true }, { success: true }]],
  ['an empty object', 200, {}],
  ['an empty list', 200, []],
  ['Lark', 200, { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' }],
  ['DingTalk and WeCom', 200, { errcode: 0, errmsg: 'ok' }],
  ['a code', 200, { code: 200, message: 'OK' }],
  ['no errors', 200, { success: 'true', errors: [] }],
  ['a sentence', 200, 'Message sent.'],
  ['upper case', 200, 'OK'],
])('%s takes the message: %i %j', async (_, status, body) => {
  expect(await answered(status, body)).toEqual({ kind: 'delivered' })
})

test.each<[string, number, string | object]>([
  ['a maintenance page', 200, '<html>ok, we are in maintenance</html>'],
  ['a log-in page', 200, '\uFEFF \n<!DOCTYPE html><title>Log in</title>'],
  ['XML', 200, '<?xml version="1.0"?><ok/>'],
  ['the Web API', 200, { ok: false, error: 'something_new' }],
  ['a bare no', 200, { ok: false }],
  ['Rocket.Chat', 200, { success: false, error: 'invalid-channel' }],
  ['a no as text', 200, { success: 'false' }],
  ['a no in a list', 200, [{ ok: true }, { ok: false }]],
  ['an error object', 200, { error: { code: 5, message: 'no such room' } }],
  ['a list of errors', 200, { errors: ['no such room'] }],
  ['an error beside a yes', 200, { ok: true, error: 'channel_gone' }],
  ['Zulip', 200, { result: 'error', msg: 'Invalid API key', code: 'INVALID_API_KEY' }],
  ['a status word', 202, { status: 'failed' }],
  ['DingTalk', 200, { errcode: 310000, errmsg: 'keywords not in content' }],
  ['Lark', 200, { code: 19001, msg: 'param invalid' }],
  ['a gateway', 200, { message: 'Service unavailable' }],
  ['a status in the body', 200, { statusCode: 503 }],
  ['Teams connectors', 200, 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429'],
  ['something else', 200, 'Welcome to nginx'],
  ['JSON false', 200, 'false'],
  ['JSON null', 200, 'null'],
  ['an error in 201', 201, { ok: false }],
])('%s does not take the message: %i %j', async (_, status, body) => {
  expect(await answered(status, body)).toMatchObject({
    reason: expect.stringMatching(/^Slack answered 20\d without success/) as string,
  })
})
