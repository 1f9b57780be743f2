import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { deliveryTimes } from '../../src/deliveries/delivery-context.ts'
import { backoffMs, decideOutcome } from '../../src/deliveries/outcome.ts'
import { firing } from '../helpers/alert-groups.ts'
import { failing, recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const middle = (): number => 0.5

test('waits 5, 15, 45 s and so on, but never longer than 15 min', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => backoffMs(failures, deliveryTimes, middle) / 1000)
  expect(waits).toEqual([5, 15, 45, 135, 405, 900, 900, 900])
  expect([0, 1].map((chance) => Math.round(backoffMs(1, deliveryTimes, () => chance)))).toEqual([4000, 6000])
})

test('waits as long as the provider requests, up to 15 min', () => {
  expect(backoffMs(1, deliveryTimes, () => 0, 60)).toBe(60_000)
  expect(backoffMs(1, deliveryTimes, () => 0, 86_400)).toBe(900_000)
})

test('gives up after a day, and reports the number of attempts', () => {
  const old = { attempts: 9, createdAt: 0 }
  const result = { kind: 'retry', reason: 'HTTP 500' } as const
  expect(decideOutcome(old, result, { now: 24 * 3_600_000 + 1, awakeForMs: 24 * 3_600_000 }, deliveryTimes, middle)).toEqual({
    kind: 'dead',
    reason: 'gave up after 10 attempts: HTTP 500',
    mayHaveArrived: false,
  })
})

test('tries again until it works, with the same id', async () => {
  const channel = recordingChannel({ answer: failing })
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await eventually('three tries', () => channel.tries.length >= 3)
  expect(await bridge.deliveries('pending')).toMatchObject([{ reason: 'HTTP 500' }])
  channel.answer = () => ({ kind: 'delivered' })
  await bridge.idle()
  expect(new Set(channel.tries.map(({ id }) => id)).size).toBe(1)
  expect(channel.delivered).toHaveLength(1)
})

test('informs the channel that an earlier attempt may have arrived, and counts it', async () => {
  const channel = recordingChannel({
    answer: ({ mayHaveArrived }) =>
      mayHaveArrived ? { kind: 'delivered' } : { kind: 'retry', reason: 'cut off', unknown: true },
  })
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  expect(channel.tries.map(({ mayHaveArrived }) => mayHaveArrived)).toEqual([false, true])
  expect(await bridge.metric('bridge_unknown_outcomes_total')).toBe(1)
})

test('one unknown recipient of three does not prevent delivery to the others', async () => {
  const channel = recordingChannel({
    recipients: ['a@x.io', 'gone@x.io', 'b@x.io'],
    answer: ({ recipient }) => (recipient === 'gone@x.io' ? { kind: 'undeliverable', reason: '550' } : { kind: 'delivered' }),
  })
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  expect(channel.delivered.map(({ recipient }) => recipient).toSorted()).toEqual(['a@x.io', 'b@x.io'])
  expect(await bridge.deliveries('dead')).toMatchObject([{ recipient: 'gone@x.io', reason: '550' }])
  expect(bridge.lines).toEqual([expect.stringMatching(/^\[UNDELIVERABLE\] .*gone@x\.io/)])
  expect(await bridge.metric('bridge_dead_letters_total')).toBe(1)
})

test('pauses all messages of a channel for the time that the provider requests, even across a restart', async () => {
  const channel = recordingChannel({ answer: () => ({ kind: 'retry', reason: 'HTTP 429', retryAfterSeconds: 60 }) })
  const clock = { now: Date.now() }
  const times = { ...shortTimes, maxBackoffMs: 900_000, stormWindowMs: 0 }
  const first = await startedBridge({ channels: [channel], times, now: () => clock.now })
  await first.post('/api/v1/alerts', firing())
  await eventually('the answer', async () => (await first.deliveries('pending'))[0]?.attempts === 1)
  await first.post('/api/v1/alerts', firing({ name: 'Other' }))
  await first.service.stop()
  channel.answer = () => ({ kind: 'delivered' })
  clock.now += 59_999
  const second = await startedBridge({ channels: [channel], times, dataDir: first.dataDir, now: () => clock.now })
  await second.post('/api/v1/alerts', firing({ name: 'Third' }))
  // it has looked by then, and found that it must not
  await second.service.core.store.probe(clock.now)
  expect(channel.tries).toHaveLength(1)
  clock.now += 1_001
  await second.post('/api/v1/alerts', firing({ name: 'Fourth' }))
  await second.idle()
  expect(channel.tries).toHaveLength(5)
})

test('does not wait for a channel that never answers', async () => {
  const channel = recordingChannel({ answer: () => new Promise(() => {}) })
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, deadlineMs: 50 } })
  await bridge.post('/api/v1/alerts', firing())
  await eventually('it to be given up for now', async () => (await bridge.deliveries('pending'))[0]?.attempts === 1)
  expect(await bridge.deliveries('pending')).toMatchObject([{ reason: 'no answer in time', mayHaveArrived: true }])
})
