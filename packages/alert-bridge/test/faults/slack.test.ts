import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { fakeHttp, neverAnswers, oneByteASecond, resets, resetsMidBody, answerWith, type Answer } from '../channels/fake-http.ts'
import { fakeSlack, type FakeSlack } from '../channels/fake-slack.ts'
import { expiredTls } from '../channels/test-tls.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { real, slackAt } from './real-channels.ts'

const hook = '/hook/T1/B1/secret-part'

async function openSlack(): Promise<FakeSlack> {
  const slack = await fakeSlack()
  onTestFinished(() => slack[Symbol.asyncDispose]())
  return slack
}

const textsOf = ({ http }: FakeSlack): string[] => http.seen.map(({ json }) => String(json['text']))
const again = (fault: Answer, count: number): Answer[] => Array.from({ length: count }, () => fault)

test.each<[string, Answer[], number]>([
  ['500 for so long that the channel is given a rest', again(answerWith(500, 'rollup_error'), 7), 7],
  ['503', again(answerWith(503), 3), 0],
  ['200 with {"ok":false}', again(answerWith(200, { ok: false, error: 'something_new' }), 2), 0],
  ['200 with HTML', again(answerWith(200, '<html>maintenance</html>'), 2), 0],
  ['a reset in the middle of the answer', [resetsMidBody], 1],
  ['a reset in place of an answer', [resets], 1],
  ['no answer', [neverAnswers], 1],
  ['one byte a second', [oneByteASecond], 1],
])('after %s Slack gets the alert, with a note if it may have arrived before', async (_, faults, unknown) => {
  const slack = await openSlack()
  slack.faults.push(...faults)
  const bridge = await startedBridge({ channels: real(slackAt(slack.http.url + hook)), times: shortTimes })
  expect((await bridge.post('/api/v1/alerts', firing())).status).toBe(200)
  await bridge.idle()
  const tries = faults.length + 1
  expect(await bridge.deliveries()).toMatchObject([{ state: 'delivered', attempts: tries, mayHaveArrived: unknown > 0 }])
  expect(slack.http.seen).toHaveLength(tries)
  expect(await bridge.metric('bridge_unknown_outcomes_total')).toBe(unknown)
})

test('after a 429, Slack gets no request for the requested time, then each message once', async () => {
  const slack = await openSlack()
  const askedAt: number[] = []
  slack.faults.push((request, response) => {
    askedAt.push(performance.now())
    answerWith(429, '', { 'retry-after': '1' })(request, response)
  })
  const times = { ...shortTimes, maxBackoffMs: 10_000 }
  const channels = real(slackAt(slack.http.url + hook, { timeoutMs: 20_000 }))
  const bridge = await startedBridge({ channels, times })
  await bridge.post('/api/v1/alerts', firing())
  await eventually('the answer', async () => (await bridge.deliveries('pending'))[0]?.reason === 'Slack answered 429: (nothing)')
  await bridge.post('/api/v1/alerts', firing({ name: 'Other' }))
  await bridge.idle()
  expect(performance.now() - askedAt[0]!).toBeGreaterThan(990)
  expect(textsOf(slack).map((text) => /AgentSlow|Other/.exec(text)?.[0])).toEqual(['AgentSlow', 'AgentSlow', 'Other'])
  expect(await bridge.metric('bridge_unknown_outcomes_total')).toBe(0)
})

test.each<[string, () => Promise<string>]>([
  ['its name does not resolve', async () => `http://nowhere.invalid${hook}`],
  [
    'its certificate has expired',
    async () => {
      const http = await fakeHttp(answerWith(200, 'ok'), expiredTls)
      onTestFinished(() => http[Symbol.asyncDispose]())
      return http.url + hook
    },
  ],
])('when %s the alert waits, and is sent once that is fixed', async (_, address) => {
  const slack = await openSlack()
  const dataDir = temporaryFolder()
  const first = await startedBridge({ channels: real(slackAt(await address())), times: shortTimes, dataDir })
  expect((await first.post('/api/v1/alerts', firing())).status).toBe(200)
  await eventually('a try', async () => ((await first.deliveries('pending'))[0]?.attempts ?? 0) > 0)
  expect(await first.deliveries('pending')).toMatchObject([{ mayHaveArrived: false }])
  await first.service.stop()
  const second = await startedBridge({ channels: real(slackAt(slack.http.url + hook)), times: shortTimes, dataDir })
  await second.idle()
  expect(textsOf(slack)).toEqual([expect.stringContaining('AgentSlow')])
})

test('alerts that fired and resolved while Slack was down are sent as one summary', async () => {
  const slack = await openSlack()
  slack.faults.push(...again(answerWith(503), 200))
  const clock = { now: Date.now() }
  const channels = real(slackAt(slack.http.url + hook, { timeoutMs: 20_000 }))
  const bridge = await startedBridge({ channels, times: shortTimes, now: () => clock.now })
  for (const name of ['A', 'B']) await bridge.post('/api/v1/alerts', firing({ name }))
  await eventually('a failure', async () => (await bridge.deliveries()).some(({ reason }) => reason !== undefined))
  for (const name of ['A', 'B']) await bridge.post('/api/v1/alerts', resolved({ name }))
  slack.faults.length = 0
  const failed = slack.http.seen.length
  // All of them are due at once
  clock.now += 60_000
  bridge.service.core.wake()
  await bridge.idle()
  const texts = textsOf(slack).slice(failed)
  expect(texts.at(-1)).toMatch(/^\w+ - A, B/)
  expect(await bridge.deliveries('dead')).toEqual([])
  const ends = (await bridge.deliveries()).filter(({ kind }) => kind === 'resolved')
  expect(ends.map(({ state }) => state)).toEqual(['collapsed', 'collapsed'])
})

test('the remaining tokens of a channel survive a restart', async () => {
  const slack = await openSlack()
  const dataDir = temporaryFolder()
  const clock = { now: Date.now() }
  const start = (): ReturnType<typeof startedBridge> =>
    startedBridge({
      channels: real(slackAt(slack.http.url + hook)),
      times: { ...shortTimes, stormWindowMs: 0 },
      dataDir,
      now: () => clock.now,
    })
  const first = await start()
  for (const name of ['A', 'B', 'C', 'D', 'E', 'F', 'G']) await first.post('/api/v1/alerts', firing({ name }))
  await eventually('five deliveries', async () => (await first.deliveries('delivered')).length === 5)
  await first.service.stop()
  const second = await start()
  // the time that the clock shows has not passed: nothing has come back into the bucket
  await second.post('/api/v1/alerts', firing({ name: 'H' }))
  expect(slack.http.seen).toHaveLength(5)
  clock.now += 1_000
  await eventually('one more message', () => slack.http.seen.length === 6)
  clock.now += 60_000
  await second.idle()
  expect(slack.http.seen).toHaveLength(8)
})
