import { metrics as noMetrics } from '@opentelemetry/api'
import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { noCheckpoints } from '../../src/checkpoint.ts'
import { openChannelQueue } from '../../src/deliveries/channel-queue.ts'
import { deliveryTimes, type DeliveryContext } from '../../src/deliveries/delivery-context.ts'
import type { NoticeKind } from '../../src/message/notice.ts'
import { otelMetrics } from '../../src/metrics/bridge-metrics.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { type Store, StoreError } from '../../src/outbox/store.ts'
import { recordingChannel, type RecordingChannel } from '../helpers/recording-channel.ts'

interface Queue {
  readonly channel: RecordingChannel
  readonly store: Store
  readonly wake: () => void
}

/** The queue of a channel with a real store. `faults`: methods of the store, and what happens instead of a call. */
async function queue(faults: (store: Store) => Partial<Store>, awakeForMs = () => Number.POSITIVE_INFINITY): Promise<Queue> {
  const { store } = openSqliteStore(temporaryFolder())
  const channel = recordingChannel()
  const context: DeliveryContext = {
    store: { ...store, ...faults(store) },
    metrics: otelMetrics(noMetrics.getMeter('none'), []),
    times: { ...deliveryTimes, firstDigestAfterMs: 30, digestEveryMs: 60 },
    checkpoints: noCheckpoints,
    now: Date.now,
    pauses: { awakeForMs, wasPaused: () => false },
    random: () => 0.5,
    write: () => {},
    onChannel: () => {},
    onDead: () => {},
  }
  const { wake, stop } = await openChannelQueue(channel.routed, context)
  onTestFinished(async () => {
    await stop(AbortSignal.abort())
    await store.close()
  })
  return { channel, store, wake }
}

async function accept({ store }: Queue, count: number, kind: NoticeKind, name = 'A'): Promise<void> {
  const recipients = [{ channel: 'main', recipient: 'people' }]
  for (let index = 1; index <= count; index += 1) {
    const title = `${name}${index}`
    const notice = { kind, severity: 'warning', incidentKey: title, title, alerts: [] } as const
    await store.accept({ receivedAt: Date.now() }, () => ({ kind: 'keep', notice, recipients }))
  }
}

test.each(['claimDue', 'claimSteps', 'claimHoldable', 'merge', 'reschedule'] as const)(
  'deliveries are sent within seconds, once and without a remark, when the answer of the store to %s is lost',
  async (method) => {
    let lost = 0
    const losesOne = (store: Store): Partial<Store> => ({
      [method]: async (...given: readonly unknown[]) => {
        const answer = await (store[method] as (...all: readonly unknown[]) => Promise<unknown>)(...given)
        if (++lost === 1) throw new StoreError('unavailable', 'the connection broke')
        return answer
      },
    })
    const opened = await queue(losesOne)
    const { channel, store, wake } = opened
    const isStorm = method === 'claimHoldable' || method === 'merge'
    await accept(opened, isStorm ? 15 : 3, isStorm ? 'firing' : 'escalation')
    wake()
    if (method === 'reschedule') {
      await eventually('the first message', () => channel.delivered.length > 0)
      // steps that come soon after a message wait for the next one
      await accept(opened, 3, 'escalation', 'B')
      wake()
    }
    await eventually('nothing to wait', async () => (await store.countPending(1)) === 0, { withinMs: 30_000 })
    expect(lost).toBeGreaterThan(0)
    const titles = channel.tries.flatMap(({ notice }) => notice.incidents?.map(({ title }) => title) ?? [notice.title])
    expect(titles.length).toBe(new Set(titles).size)
    expect(channel.tries.filter(({ mayHaveArrived }) => mayHaveArrived)).toEqual([])
    expect(await store.list({ state: 'dead' })).toEqual([])
  },
)

test('what was claimed before a pause of the process is claimed again before it is sent', async () => {
  let claims = 0
  const counts = (store: Store): Partial<Store> => ({
    claimDue: async (claim) => {
      const claimed = await store.claimDue(claim)
      if (claimed.length > 0) claims += 1
      return claimed
    },
  })
  const opened = await queue(counts, () => (claims === 1 ? -1 : Number.POSITIVE_INFINITY))
  await accept(opened, 1, 'firing')
  opened.wake()
  await eventually('nothing to wait', async () => (await opened.store.countPending(1)) === 0)
  expect([claims, opened.channel.tries.length]).toEqual([2, 1])
})
