import { Secret } from '@swarmwatch/config'
import { expect, onTestFinished, test } from 'vitest'

import type { Delivery, DeliveryResult } from '../../src/channels/channel.ts'
import { openSlackChannel } from '../../src/channels/slack/slack-channel.ts'
import { sampleNotices } from '../message/sample-notices.ts'
import { answerWith } from './fake-http.ts'
import { fakeSlack, type FakeSlack } from './fake-slack.ts'

const base = { type: 'slack', name: 'slack', severities: ['critical'], fallback: false, quietHours: undefined } as const
const neverAborted = new AbortController().signal

async function bot(): Promise<{
  slack: FakeSlack
  deliver: (more: Partial<Delivery>, channel?: string) => Promise<DeliveryResult>
}> {
  const slack = await fakeSlack()
  onTestFinished(() => slack[Symbol.asyncDispose]())
  return {
    slack,
    deliver: (more, channel = 'C1') =>
      openSlackChannel({ ...base, botToken: new Secret('xoxb-1'), channel, apiUrl: slack.apiUrl }).deliver(
        { id: 'delivery-1', recipient: channel, notice: sampleNotices.firing, ...more },
        neverAborted,
      ),
  }
}

const thread = { channel: 'C1', ts: '1.000100', target: 'C1' }
const resolved = { id: 'delivery-2', notice: sampleNotices.resolved, thread }

test('the first notice begins a thread', async () => {
  const { slack, deliver } = await bot()
  expect(await deliver({})).toEqual({ kind: 'delivered', thread })
  expect(slack.calls()).toEqual(['chat.postMessage'])
  expect(slack.http.seen[0]!.headers.authorization).toBe('Bearer xoxb-1')
  expect(slack.posts[0]!.metadata).toEqual({ event_type: 'swarmwatch_delivery', event_payload: { delivery_id: 'delivery-1' } })
})

test('resolved changes the first message and is reported in its thread, for a critical one also in the channel', async () => {
  const { slack, deliver } = await bot()
  await deliver({})
  expect(await deliver(resolved)).toEqual({ kind: 'delivered', thread })
  expect(slack.calls()).toEqual(['chat.postMessage', 'chat.update', 'chat.postMessage'])
  expect(slack.posts.map(({ text, thread_ts, reply_broadcast }) => ({ text, thread_ts, reply_broadcast })))
    .toMatchInlineSnapshot(`
      [
        {
          "reply_broadcast": undefined,
          "text": "RESOLVED - AgentErrorRateCritical: api-integrator. This is resolved. It lasted 12 min 4 s. What was wrong: 62 % of the runs of api-integrator failed in the last 5 minutes",
          "thread_ts": undefined,
        },
        {
          "reply_broadcast": true,
          "text": "RESOLVED - AgentErrorRateCritical: api-integrator. This is resolved. It lasted 12 min 4 s. What was wrong: 62 % of the runs of api-integrator failed in the last 5 minutes",
          "thread_ts": "1.000100",
        },
      ]
    `)
  expect(JSON.stringify(slack.posts[0]!.blocks)).toContain(':large_green_circle: RESOLVED')
})

test('a warning answers in its thread without calling the whole channel', async () => {
  const { slack, deliver } = await bot()
  await deliver({})
  await deliver({ ...resolved, notice: { ...sampleNotices.resolved, severity: 'warning' } })
  expect(slack.posts[1]).not.toHaveProperty('reply_broadcast')
})

test('a digest only changes its numbers', async () => {
  const { slack, deliver } = await bot()
  await deliver({ notice: sampleNotices.digest })
  await deliver({ id: 'delivery-2', notice: { ...sampleNotices.digest, heldBack: 80 }, thread })
  expect(slack.calls()).toEqual(['chat.postMessage', 'chat.update'])
  expect(slack.posts).toHaveLength(1)
  expect(slack.posts[0]!.text).toContain('80 messages were held back')
})

test.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
  'after %s the incident gets a new message',
  async (error) => {
    const { slack, deliver } = await bot()
    await deliver({})
    slack.faults.push(answerWith(200, { ok: false, error }))
    expect(await deliver(resolved)).toEqual({ kind: 'delivered', thread: { ...thread, ts: '2.000100' } })
    expect(slack.calls()).toEqual(['chat.postMessage', 'chat.update', 'chat.postMessage'])
  },
)

test('with another channel in the settings, the incident starts again there', async () => {
  const { slack, deliver } = await bot()
  await deliver({})
  await deliver(resolved, 'C2')
  expect(slack.calls()).toEqual(['chat.postMessage', 'chat.postMessage'])
})

test('finds a message that an earlier attempt did post, and does not post it again', async () => {
  const { slack, deliver } = await bot()
  await deliver({})
  expect(await deliver({ mayHaveArrived: true })).toEqual({ kind: 'delivered', thread })
  await deliver(resolved)
  expect(await deliver({ ...resolved, mayHaveArrived: true })).toEqual({ kind: 'delivered', thread })
  expect(slack.posts).toHaveLength(2)
  expect(slack.calls().slice(-2)).toEqual(['chat.update', 'conversations.replies'])
})

test('where the bot may not look, it posts', async () => {
  const { slack, deliver } = await bot()
  slack.faults.push(answerWith(200, { ok: false, error: 'missing_scope' }))
  expect(await deliver({ mayHaveArrived: true })).toEqual({ kind: 'delivered', thread })
  expect(slack.calls()).toEqual(['conversations.history', 'chat.postMessage'])
})

test('blocks that are too long go once more as plain text', async () => {
  const { slack, deliver } = await bot()
  slack.faults.push(answerWith(200, { ok: false, error: 'msg_blocks_too_long' }))
  expect(await deliver({})).toEqual({ kind: 'delivered', thread })
  expect(slack.posts[0]!.blocks).toEqual([])
  expect(slack.posts[0]!.text).toContain('Follow the runbook')
})

test.each<[string, number, DeliveryResult]>([
  ['invalid_auth', 200, { kind: 'channel-down', reason: 'Slack answered 200 without success: invalid_auth' }],
  ['not_in_channel', 200, { kind: 'channel-down', reason: 'Slack answered 200 without success: not_in_channel' }],
  ['fatal_error', 200, { kind: 'retry', reason: 'Slack answered 200 without success: fatal_error', unknown: true }],
  ['service_unavailable', 200, { kind: 'retry', reason: 'Slack answered 200 without success: service_unavailable' }],
  ['ratelimited', 429, { kind: 'retry', reason: 'Slack answered 429: ratelimited', retryAfterSeconds: 7 }],
])('%s', async (error, status, result) => {
  const { slack, deliver } = await bot()
  slack.faults.push(answerWith(status, { ok: false, error }, status === 429 ? { 'retry-after': '7' } : {}))
  expect(await deliver({})).toEqual(result)
})

test('a failed answer in a thread is retried as a whole', async () => {
  const { slack, deliver } = await bot()
  await deliver({})
  slack.faults.push(answerWith(200, { ok: true }), answerWith(503))
  expect(await deliver(resolved)).toMatchObject({ kind: 'retry' })
  expect(await deliver(resolved)).toEqual({ kind: 'delivered', thread })
})
