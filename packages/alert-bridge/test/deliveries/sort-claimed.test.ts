import { metrics as noMetrics } from '@opentelemetry/api'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { noCheckpoints } from '../../src/checkpoint.ts'
import { deliveryTimes, type DeliveryContext } from '../../src/deliveries/delivery-context.ts'
import { sortDeliveries, type Sorted } from '../../src/deliveries/sort-deliveries.ts'
import type { Notice } from '../../src/message/notice.ts'
import { otelMetrics } from '../../src/metrics/bridge-metrics.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import type { ClaimedDelivery, StoredDelivery } from '../../src/outbox/store.ts'
import { recordingChannel, type RecordingOptions } from '../helpers/recording-channel.ts'

const start = Date.parse('2026-11-24T23:00:00Z')

/** A channel with a real store, and what of it is claimed is sorted. */
function queue(options: RecordingOptions = {}) {
  const { store } = openSqliteStore(temporaryFolder())
  onTestFinished(() => store.close())
  const counted: unknown[][] = []
  const clock = { now: start }
  const context: DeliveryContext = {
    store,
    metrics: { ...otelMetrics(noMetrics.getMeter('none'), []), delivery: (...count) => void counted.push(count) },
    times: deliveryTimes,
    checkpoints: noCheckpoints,
    now: () => clock.now,
    pauses: { awakeForMs: () => Infinity, wasPaused: () => false },
    random: () => 0.5,
    write: () => {},
    onChannel: () => {},
    onDead: () => {},
  }
  const underWay = new Set<string>()
  const sort = sortDeliveries(recordingChannel(options).routed, context)
  return {
    clock,
    counted,
    accept: async (title: string, more: Partial<Notice> = {}, recipients = ['people']): Promise<void> => {
      const notice: Notice = { kind: 'firing', severity: 'warning', incidentKey: title, title, alerts: [], ...more }
      const to = recipients.map((recipient) => ({ channel: 'main', recipient }))
      await store.accept({ receivedAt: clock.now }, () => ({ kind: 'keep', notice, recipients: to }))
    },
    claim: async (limit = 100): Promise<ClaimedDelivery[]> => {
      const claimed = await store.claimDue({ channel: 'main', limit, now: clock.now, except: [...underWay] })
      for (const { id } of claimed) underWay.add(id)
      return claimed
    },
    sort: async (claimed: readonly ClaimedDelivery[]): Promise<Sorted> => {
      for (const { id } of claimed) underWay.delete(id)
      const sorted = await sort(claimed, [...underWay])
      for (const { id } of sorted.sent) underWay.add(id)
      return sorted
    },
    stored: (state: StoredDelivery['state']): Promise<StoredDelivery[]> => store.list({ state }),
    digest: (recipient = 'people') => store.pendingDigest({ channel: 'main', recipient }),
  }
}

const titles = (deliveries: readonly { title: string }[]): string[] => deliveries.map(({ title }) => title)

test('sends deliveries that no rule holds back, in the order in which they were claimed', async () => {
  const { accept, claim, sort, counted } = queue()
  for (const title of ['A', 'B', 'C']) await accept(title)
  const claimed = await claim()
  expect(await sort(claimed)).toEqual({ sent: claimed, isStorm: false })
  expect(titles(claimed)).toEqual(['A', 'B', 'C'])
  expect(counted).toEqual([])
})

test('a delivery held back by quiet hours waits until they end, and does not count as an attempt', async () => {
  const { accept, claim, sort, stored } = queue({ quietHours: { from: '22:00', to: '07:00', timeZone: 'UTC' } })
  await accept('Info', { severity: 'info' })
  await accept('Warning')
  const { sent, isStorm } = await sort(await claim())
  expect([titles(sent), isStorm]).toEqual([['Warning'], false])
  expect((await stored('pending')).find(({ title }) => title === 'Info')).toMatchObject({
    dueAt: Date.parse('2026-11-25T07:00:00Z'),
    held: 'quiet-hours',
    attempts: 0,
  })
})

test('alerts that fired and ended before anyone was notified become one summary per recipient, with deliveries that were not claimed yet', async () => {
  const { accept, claim, sort, stored, counted } = queue()
  for (const title of ['A', 'B', 'C']) {
    await accept(title, {}, ['ann', 'bob'])
    await accept(title, { kind: 'resolved' }, ['ann', 'bob'])
  }
  await accept('D', {}, ['ann'])
  const claimed = await claim(3)
  expect(await sort(claimed)).toEqual({ sent: [], isStorm: false })
  const summaries = (await stored('pending')).filter(({ kind }) => kind === 'summary')
  expect(summaries.map(({ recipient, title, dueAt }) => `${recipient}: ${title} at ${dueAt - start}`).toSorted()).toEqual([
    'ann: A, B, C at 0',
    'bob: A, B, C at 0',
  ])
  expect(titles((await stored('pending')).filter(({ kind }) => kind !== 'summary'))).toEqual(['D'])
  for (const { id, recipient } of summaries) {
    const inIt = (await stored('collapsed')).filter(({ collapsedInto }) => collapsedInto === id)
    expect(inIt.map((one) => [one.recipient, one.kind])).toEqual(Array(3).fill([recipient, 'resolved']))
  }
  expect(counted).toEqual(Array(2).fill(['main', 'collapsed', 3]))
})

test('in a storm, ten messages are sent; a digest contains the others, with deliveries that were not claimed yet', async () => {
  const { accept, claim, sort, stored, digest, counted } = queue()
  for (let index = 0; index < 20; index += 1) await accept(`A${index}`)
  const claimed = await claim(12)
  expect(await sort(claimed)).toEqual({ sent: claimed.slice(0, 10), isStorm: true })
  expect((await digest())?.notice).toMatchObject({ kind: 'digest', heldBack: 10, severity: 'warning' })
  expect((await stored('pending')).find(({ kind }) => kind === 'digest')).toMatchObject({
    dueAt: start + 5_000,
    id: (await digest())?.id,
  })
  expect((await stored('collapsed')).map(({ collapsedInto }) => collapsedInto)).toEqual(Array(10).fill((await digest())?.id))
  expect(counted).toEqual([['main', 'collapsed', 10]])
})

test('later messages of a storm are added to the same digest', async () => {
  const { accept, claim, sort, stored, digest, clock } = queue()
  for (let index = 0; index < 11; index += 1) await accept(`A${index}`)
  await sort(await claim())
  const before = await digest()
  clock.now += 1_000
  await accept('Late')
  expect(await sort((await claim()).filter(({ title }) => title === 'Late'))).toEqual({ sent: [], isStorm: true })
  expect(await digest()).toMatchObject({ id: before?.id, notice: { heldBack: 2, incidentKey: before?.notice.incidentKey } })
  expect((await stored('pending')).filter(({ kind }) => kind === 'digest')).toHaveLength(1)
  expect((await stored('collapsed')).every(({ finishedAt }) => (finishedAt ?? 0) >= start)).toBe(true)
})

test('a storm at one recipient holds back nothing from another', async () => {
  const { accept, claim, sort, digest } = queue()
  for (let index = 0; index < 11; index += 1) await accept(`A${index}`, {}, ['ann'])
  for (let index = 0; index < 11; index += 1) await accept(`B${index}`, {}, ['bob'])
  for (let index = 0; index < 3; index += 1) await accept(`C${index}`, {}, ['cid'])
  const { sent } = await sort(await claim())
  const countOf = (name: string): number => sent.filter(({ recipient }) => recipient === name).length
  expect(['ann', 'bob', 'cid'].map(countOf)).toEqual([10, 10, 3])
  const digests = await Promise.all(['ann', 'bob', 'cid'].map((name) => digest(name)))
  expect(digests.map((one) => one?.notice.heldBack)).toEqual([1, 1, undefined])
})

test('in a storm, the end of an incident is not held back on a channel that would keep it open', async () => {
  const { accept, claim, sort, digest } = queue({ hasIncidents: true })
  for (let number = 1; number <= 10; number += 1) await accept(`Alert ${number}`)
  await sort(await claim())
  await accept('Ends', { kind: 'resolved' })
  expect(titles((await sort(await claim(1))).sent)).toEqual(['Ends'])
  await accept('Alert 11')
  await accept('Ends later', { kind: 'resolved' })
  await accept('Alert 12')
  expect(await sort(await claim(1))).toEqual({ sent: [], isStorm: true })
  expect([(await digest())?.notice.heldBack, titles(await claim())]).toEqual([2, ['Ends later']])
})

/** A pause of the process in which another bridge could have taken over what it had claimed. */
const pauseMs = 61_000

test('in a storm, a pause between the claim and its decision puts nothing into the digest that is sent too', async () => {
  const { accept, claim, sort, stored, digest, clock } = queue()
  for (let index = 0; index < 13; index += 1) await accept(`A${index}`)
  await claim(1)
  const claimed = await claim(11)
  clock.now += pauseMs
  expect(titles((await sort(claimed)).sent)).toEqual(titles(claimed.slice(0, 10)))
  expect((await digest())?.notice.heldBack).toBe(2)
  expect(titles(await stored('collapsed')).toSorted()).toEqual(['A11', 'A12'])
})

test('a pause between the claim and its decision adds nothing twice to a summary, and no summary that is being sent', async () => {
  const { accept, claim, sort, stored, clock } = queue()
  const fireAndEnd = async (title: string): Promise<void> => {
    await accept(title)
    await accept(title, { kind: 'resolved' })
  }
  await fireAndEnd('Earlier')
  await sort(await claim())
  await claim(1)
  await fireAndEnd('Now')
  const claimed = await claim()
  clock.now += pauseMs
  await sort(claimed)
  const summaries = (await stored('pending')).filter(({ kind }) => kind === 'summary')
  expect(summaries.map(({ title, incidentKey }) => [title, incidentKey])).toEqual([
    ['Now', 'Now'],
    ['Earlier', 'Earlier'],
  ])
})
