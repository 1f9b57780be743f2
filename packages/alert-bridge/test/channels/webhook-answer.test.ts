import { createServer, type AddressInfo } from 'node:net'

import { Secret } from '@swarmwatch/config'
import { expect, onTestFinished, test } from 'vitest'

import type { DeliveryResult } from '../../src/channels/channel.ts'
import { openSlackChannel } from '../../src/channels/slack/slack-channel.ts'
import { slackMessage } from '../../src/channels/slack/slack-message.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { fakeHttp, answerWith } from './fake-http.ts'

async function answered(status: number, body: string | object): Promise<DeliveryResult> {
  await using http = await fakeHttp(answerWith(status, body))
  return await sent(http.url)
}

async function sent(url: string): Promise<DeliveryResult> {
  const channel = openSlackChannel({
    type: 'slack',
    name: 'slack',
    severities: ['critical'],
    fallback: false,
    quietHours: undefined,
    webhook: new Secret(`${url}/hooks/a-secret-of-the-test`),
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
  ['ntfy, which answers with the message', 200, { id: 'x', event: 'message', message: slackMessage(sampleNotices.firing).text }],
  ['keys in upper case', 200, { OK: true }],
  ['a status of 1', 200, { status: 1, request: 'x' }],
  ['a status that is a boolean', 200, { status: true }],
  ['a code as text', 200, { code: '00000', msg: 'SUCCESS' }],
  ['a word as code', 200, { code: 'SUCCESS' }],
  ['no error in words', 200, { error: 'none', message: 'no error' }],
  ['an error object with code 0', 200, { error: { code: 0, message: '' } }],
  ['a count of failures', 200, { status: 'done', sent: 1, failed: 0 }],
  ['a sentence with a count of failures', 200, 'Message sent, 0 errors'],
  ['JSON behind a guard', 200, ')]}\'\n{"ok":true}'],
  ['the message in an envelope', 200, { ok: true, message: { text: 'the error rate is not ok', bot_id: 'B1' } }],
  ['a result in an envelope', 200, { data: { success: true } }],
  ['a verb', 200, 'Enqueued'],
  ['a channel with a bad name', 200, 'Message posted to #site-down by no-reply@errors.example.com'],
])('%s takes the message: %i %j', async (_, status, body) => {
  expect(await answered(status, body)).toEqual({ kind: 'delivered' })
})

test.each<[string, number, string | object]>([
  ['a maintenance page', 200, '<html>ok, we are in maintenance</html>'],
  ['a login page', 200, '\uFEFF \n<!DOCTYPE html><title>Log in</title>'],
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
  ['a no in plain text', 200, 'ok: false'],
  ['a no in a form', 200, 'success=false'],
  ['a zero in plain text', 200, 'ok: 0'],
  ['a negation', 200, 'Message was not sent'],
  ['nothing sent', 200, '0 sent'],
  ['HTML after a word', 200, 'ok <html><body>down</body></html>'],
  ['a key in upper case', 200, { Ok: false }],
  ['a key of .NET', 200, { isSuccess: false }],
  ['another key', 200, { sent: false }],
  ['a no in an envelope', 200, { result: { ok: false } }],
  ['a no in a deeper envelope', 200, { ok: true, data: { response: { success: false } } }],
  ['a code in an envelope', 200, { meta: { code: 400 } }],
  ['a status code as text', 200, { status: '500' }],
  ['a word as a code', 200, { code: 'invalid_payload' }],
  ['an errno', 200, { errno: 40_001 }],
  ['a word where a yes or no is', 200, { ok: 'failed' }],
  ['a result that is a boolean', 200, { result: false }],
  ['a negated word', 200, { result: 'notDelivered' }],
  ['an error message', 200, { error_message: 'room gone' }],
  ['FastAPI', 200, { detail: [{ loc: ['body', 'text'], msg: 'field required' }] }],
  ['a login in JSON', 200, { message: 'Please log in' }],
  ['a gateway in plain text', 200, 'Bad gateway'],
  ['a count of failures', 200, { sent: 0, failed: 1 }],
  ['a channel with a good name', 200, 'Cannot reach #ok'],
  ['only a channel with a good name', 200, '#sent'],
])('%s does not take the message: %i %j', async (_, status, body) => {
  expect(await answered(status, body)).toMatchObject({
    reason: expect.stringMatching(/^Slack answered 20\d without success/) as string,
  })
})

test.each([
  ['ok', 'HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nok'],
  ['JSON', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{"ok":true}\r\n'],
])('an answer whose end never comes counts as %s', async (_, answer) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      if (data.includes('}')) socket.end(answer)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => new Promise<void>((done) => server.close(() => done())))
  const { port } = server.address() as AddressInfo
  expect(await sent(`http://127.0.0.1:${port}`)).toEqual({ kind: 'delivered' })
})
