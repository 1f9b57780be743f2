import { createHmac } from 'node:crypto'

import { type AlertChannel, Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import type { BridgeSettings } from '../../src/settings.ts'
import { fakeSlack, type FakeSlack } from '../channels/fake-slack.ts'
import { firing } from '../helpers/alert-groups.ts'
import { token } from '../helpers/token.ts'
import { type BridgeForPeople, bridgeForPeople } from './bridge-for-people.ts'

const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5'
const slackSigningSecret = new Secret(signingSecret)

interface Button {
  readonly action_id: string
  readonly value: string
  readonly url?: string
}

async function bridgeWithBot(
  settings: Partial<BridgeSettings> = { slackSigningSecret },
): Promise<{ bridge: BridgeForPeople; slack: FakeSlack; buttons: Button[]; key: string }> {
  const slack = await fakeSlack()
  onTestFinished(() => slack[Symbol.asyncDispose]())
  const severities = ['critical', 'warning', 'info'] as const
  const bot = {
    type: 'slack',
    name: 'slack',
    severities,
    fallback: false,
    quietHours: undefined,
    botToken: new Secret('xoxb-1'),
    channel: 'C1',
    apiUrl: slack.apiUrl,
  }
  const bridge = await bridgeForPeople({
    settings: { alertmanagerUrls: [new Secret('http://127.0.0.1:9')], ...settings, channels: [bot as unknown as AlertChannel] },
  })
  const headers = { authorization: `Bearer ${token}` }
  await fetch(`${bridge.url}/api/v1/alerts`, { method: 'POST', headers, body: JSON.stringify(firing()) })
  const post = await eventually('the message', () => slack.posts[0])
  const [incident] = await bridge.service.core.store.listIncidents({})
  const { key } = incident!
  return { bridge, slack, key, buttons: buttonsIn(post.blocks) }
}

function buttonsIn(blocks: unknown): Button[] {
  return (blocks as { type: string; elements?: Button[] }[]).flatMap(({ type, elements = [] }) =>
    type === 'actions' ? elements : [],
  )
}

function payloadOf(action_id: string, value: string): string {
  const user = { id: 'U1', username: 'ana', name: 'ana <!channel>' }
  return JSON.stringify({
    type: 'block_actions',
    user,
    actions: [{ action_id, value }],
    response_url: 'https://evil.example.com/',
  })
}

function click(
  bridge: BridgeForPeople,
  payload: string,
  { secret = signingSecret, at = Date.now(), signature = undefined as string | undefined } = {},
): Promise<Response> {
  const body = new URLSearchParams({ payload }).toString()
  const timestamp = `${Math.floor(at / 1000)}`
  const signed = signature ?? `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  const headers = {
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signed,
    'content-type': 'application/x-www-form-urlencoded',
  }
  return fetch(`${bridge.url}/slack/interactions`, { method: 'POST', headers, body })
}

test('a click on Acknowledge in Slack acknowledges in the name of the person, and changes the message and its thread', async () => {
  const { bridge, slack, buttons, key } = await bridgeWithBot()
  expect(buttons.map(({ action_id, url }) => [action_id, url?.slice(0, 35)])).toEqual([
    ['ack', undefined],
    ['silence', 'https://bridge.example.com/silence/'],
    ['resolve', undefined],
  ])
  const response = await click(bridge, payloadOf('ack', buttons[0]!.value))
  expect([response.status, await response.text()]).toEqual([200, ''])
  expect(await bridge.incident(key)).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'ana <!channel>' })
  expect(await bridge.history(key)).toMatchObject([{ who: 'ana <!channel>', action: 'acknowledged', detail: 'Slack' }])
  const reply = await eventually('the reply', () => slack.posts[1])
  expect([slack.posts[0]!.text, reply.text]).toEqual(
    Array(2).fill(expect.stringContaining('ana &lt;!channel&gt; has acknowledged this.')),
  )
  // what is left to do
  expect(buttonsIn(slack.posts[0]!.blocks).map(({ action_id }) => action_id)).toEqual(['silence', 'resolve'])
  // the same click again, and the other button
  expect((await click(bridge, payloadOf('ack', buttons[0]!.value))).status).toBe(200)
  expect(await bridge.history(key)).toHaveLength(1)
  await click(bridge, payloadOf('resolve', buttons[2]!.value))
  expect(await bridge.incident(key)).toMatchObject({ state: 'resolved', resolvedBy: 'ana <!channel>' })
  await eventually('a message without buttons', () => buttonsIn(slack.posts[0]!.blocks).length === 0)
})

test('a click that Slack has not signed, or not within five minutes, changes nothing', async () => {
  const { bridge, buttons, key } = await bridgeWithBot()
  const payload = payloadOf('ack', buttons[0]!.value)
  const answers = [
    await click(bridge, payload, { secret: 'another secret of an app' }),
    await click(bridge, payload, { at: Date.now() - 301_000 }),
    await click(bridge, payload, { at: Date.now() + 301_000 }),
    await click(bridge, payload, { signature: '' }),
    await click(bridge, payload, { signature: `v0=${'0'.repeat(64)}` }),
    await click(bridge, payload, { signature: 'v1=x' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(401))
  expect([(await bridge.incident(key))?.state, await bridge.history(key)]).toEqual(['open', []])
  expect(bridge.lines.join('\n')).not.toContain(signingSecret)
})

test('a click that Slack has signed with a value that the bridge has not signed, or for another action, changes nothing', async () => {
  const { bridge, buttons, key } = await bridgeWithBot()
  const payloads = [
    payloadOf('ack', 'forged'),
    payloadOf('resolve', buttons[0]!.value),
    payloadOf('silence', buttons[1]!.value),
    payloadOf('other', buttons[0]!.value),
    '{"type":"view_submission"}',
    'no JSON',
  ]
  const statuses = []
  for (const payload of payloads) statuses.push((await click(bridge, payload)).status)
  expect(statuses).toEqual(Array(6).fill(200))
  expect([(await bridge.incident(key))?.state, await bridge.history(key)]).toEqual(['open', []])
})

test('without the signing secret, messages have no buttons and clicks are not accepted', async () => {
  const { bridge, buttons } = await bridgeWithBot({})
  expect([buttons, (await click(bridge, payloadOf('ack', 'x'))).status]).toEqual([[], 404])
})
