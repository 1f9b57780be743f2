import { openMailServer } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { fakeHttp, answerWith } from '../channels/fake-http.ts'
import { fakeSlack } from '../channels/fake-slack.ts'
import { firing } from '../helpers/alert-groups.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { mailAt, real, slackAt, webhookAt } from './real-channels.ts'

test('a group of 10,000 alerts in 5 MB is one message on every channel, with their number', async () => {
  const [slack, smtp, http] = [await fakeSlack(), await openMailServer(), await fakeHttp(answerWith(204))]
  onTestFinished(async () => {
    for (const one of [slack, smtp, http]) await one[Symbol.asyncDispose]()
  })
  const [one] = firing().alerts
  const alerts = Array.from({ length: 10_000 }, (_, index) => ({
    ...one!,
    labels: { ...one!.labels, pod: `pod-${index}`, filler: 'x'.repeat(250) },
    fingerprint: index.toString(16).padStart(16, '0'),
  }))
  const body = JSON.stringify(firing({ alerts }))
  expect(body.length).toBeGreaterThan(5_000_000)

  const settings = [slackAt(`${slack.http.url}/hook/T1/B1/x`, { timeoutMs: 10_000 }), mailAt(smtp.port), webhookAt(http.url)]
  const bridge = await startedBridge({ channels: real(...settings) })
  expect((await bridge.post('/api/v1/alerts', body)).status).toBe(200)
  await bridge.idle()
  expect((await bridge.deliveries()).map(({ state, attempts }) => [state, attempts])).toEqual(Array(3).fill(['delivered', 1]))
  const [post, mail, call] = [slack.http.seen, smtp.mails, http.seen].map((all) => {
    expect(all).toHaveLength(1)
    return all[0]!
  })
  for (const text of [JSON.stringify(post), JSON.stringify(mail), JSON.stringify(call)]) expect(text).toMatch(/10,?000/)
  expect(JSON.stringify(slack.http.seen[0]!.json['blocks']).length).toBeLessThan(13_200)
  expect(smtp.mails[0]!.raw.length).toBeLessThan(200_000)
  expect(http.seen[0]!.body.length).toBeLessThan(1_000_000)
})
