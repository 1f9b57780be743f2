import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

test('sends ten messages by themselves and the rest as one digest that is updated; critical ones are never held back', async () => {
  const channel = recordingChannel({ answer: () => ({ kind: 'delivered', thread: { ts: '7' } }) })
  const bridge = await startedBridge({
    channels: [channel],
    times: { ...shortTimes, firstDigestAfterMs: 150, digestEveryMs: 300 },
  })
  const post = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) await bridge.post('/api/v1/alerts', firing({ name: `Alert${index}` }))
  }
  const kinds = (): string[] => channel.delivered.map(({ notice }) => notice.kind)
  const digests = () => channel.delivered.filter(({ notice }) => notice.kind === 'digest')
  await post(0, 30)
  await bridge.post('/api/v1/alerts', firing({ name: 'Down', severity: 'critical' }))
  await eventually('the critical one', () => channel.delivered.some(({ notice }) => notice.title === 'Down'))
  await eventually('a digest', () => digests().length > 0)
  await post(30, 40)
  await eventually('an update with all', () => digests().at(-1)?.notice.heldBack === 30)
  await bridge.idle()

  expect(kinds().filter((kind) => kind === 'firing')).toHaveLength(11)
  const heldBack = digests().map(({ notice }) => notice.heldBack!)
  expect(heldBack).toEqual(heldBack.toSorted((one, other) => one - other))
  expect(digests().map(({ notice }) => [notice.title, notice.alerts.length])).toEqual(
    heldBack.map((count) => [`${count} messages held back on main`, count]),
  )
  // the same incident, so that the channel can update the message it has sent
  expect(new Set(digests().map(({ notice }) => notice.incidentKey)).size).toBe(1)
  expect(digests()[1]?.thread).toEqual({ ts: '7' })
})

test('goes back to single messages after the storm', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, stormWindowMs: 300 } })
  for (let index = 0; index < 12; index += 1) await bridge.post('/api/v1/alerts', firing({ name: `Alert${index}` }))
  await bridge.idle()
  const before = channel.delivered.length
  await eventually('a message by itself', async () => {
    await bridge.post('/api/v1/alerts', firing({ name: `After${performance.now()}` }))
    await bridge.idle()
    return channel.delivered.slice(before).some(({ notice }) => notice.title.startsWith('After'))
  })
})

test('keeps the digest of a storm over a restart', async () => {
  const channel = recordingChannel()
  const first = await startedBridge({ channels: [channel], times: { ...shortTimes, firstDigestAfterMs: 60_000 } })
  for (let index = 0; index < 15; index += 1) await first.post('/api/v1/alerts', firing({ name: `Alert${index}` }))
  await eventually('all to be folded', async () => (await first.deliveries('collapsed')).length === 5)
  await first.service.stop()
  const second = await startedBridge({
    channels: [channel],
    times: shortTimes,
    dataDir: first.dataDir,
    now: () => Date.now() + 120_000,
  })
  await second.idle()
  expect(channel.delivered.at(-1)?.notice).toMatchObject({ kind: 'digest', heldBack: 5 })
})
