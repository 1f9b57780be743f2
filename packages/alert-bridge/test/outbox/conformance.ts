import { describe, expect, onTestFinished, test } from 'vitest'

import type { Checkpoints } from '../../src/checkpoint.ts'
import type { Notice } from '../../src/message/notice.ts'
import type { Decision, Known } from '../../src/outbox/store.ts'
import { incidentConformance } from './incident-conformance.ts'
import type { StoreBench } from './store-bench.ts'

const now = Date.parse('2026-11-24T02:00:00Z')
const minute = 60_000
const people = { channel: 'main', recipient: 'people' }

/** Guarantees that the bridge needs from every store. */
export function storeConformance(start: (checkpoints?: Checkpoints) => Promise<StoreBench>): void {
  async function opened(checkpoints?: Checkpoints): Promise<StoreBench> {
    const bench = await start(checkpoints)
    onTestFinished(() => bench.store.close())
    return bench
  }

  test('an entry is decided with its known history, and stored with all its recipients', async () => {
    const { store } = await opened()
    const entry = { receivedAt: now, dedupeKey: 'content', groupKey: 'group', sender: 'am-1', traceparent: 'trace' }
    // a store may ask more than once; what it asked last counts
    const asked: Known[] = []
    const first = await store.accept(entry, (known) => {
      asked[0] = known
      return { ...keep('A', { recipients: [people, { ...people, recipient: 'boss' }] }), status: 'firing' }
    })
    const second = await store.accept({ ...entry, receivedAt: now + 1 }, (known) => {
      asked[1] = known
      return { kind: 'duplicate', duplicate: 'retry' }
    })
    expect(second).toEqual({ id: first.id, duplicate: 'retry' })
    expect(asked).toEqual([
      { notified: [] },
      {
        seen: { notifiedAt: now, sender: 'am-1', noticeId: first.id },
        incident: { key: 'A', status: 'firing' },
        notified: [],
      },
    ])
    const rows = await store.list({})
    expect(rows.map(({ noticeId, recipient, state }) => `${noticeId} ${recipient} ${state}`).toSorted()).toEqual([
      `${first.id} boss pending`,
      `${first.id} people pending`,
    ])
  })

  test('a decision that throws keeps nothing, and takes no other entry with it', async () => {
    const { store } = await opened()
    const results = await Promise.allSettled([
      store.accept({ receivedAt: now }, () => keep('A')),
      store.accept({ receivedAt: now }, () => {
        throw new Error('undecided')
      }),
      store.accept({ receivedAt: now }, () => keep('C')),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await store.list({})).map(({ title }) => title)).toEqual(['C', 'A'])
  })

  test('what is due is claimed worst first, then oldest, and again if this process does not work on it', async () => {
    const { store } = await opened()
    for (const [title, severity] of [
      ['Old', 'warning'],
      ['New', 'warning'],
      ['Worst', 'critical'],
    ] as const) {
      await store.accept({ receivedAt: now }, () => keep(title, { severity }))
    }
    const claim = (except: readonly string[], onlyCritical = false): Promise<string[]> =>
      store.claimDue({ channel: 'main', limit: 9, now, onlyCritical, except }).then((all) => all.map(titleOf))
    const [worst, newer, old] = (await store.list({})).map(({ id }) => id) as [string, string, string]
    expect(await claim([], true)).toEqual(['Worst'])
    expect(await claim([worst])).toEqual(['Old', 'New'])
    expect(await claim([worst, newer, old])).toEqual([])
    // a claim that failed halfway, or whose answer was lost
    expect(await claim([newer])).toEqual(['Worst', 'Old'])
  })

  test.each(['claimDue', 'claimHoldable', 'claimSteps'] as const)(
    '%s claims again what a claim that failed has left, and nothing of an incident that is being sent',
    async (method) => {
      const { store } = await opened()
      const kind = method === 'claimSteps' ? 'escalation' : 'firing'
      const add = (title: string) => store.accept({ receivedAt: now }, () => keep(title, { kind }))
      for (const title of ['A', 'B']) await add(title)
      const claim = { ...people, limit: 9, now }
      const first = await store[method](claim)
      expect(first.map(titleOf)).toEqual(['A', 'B'])
      expect((await store[method](claim)).map(titleOf)).toEqual(['A', 'B'])
      await add('A')
      expect((await store[method]({ ...claim, except: [first[0]!.id] })).map(titleOf)).toEqual(['B'])
      const again = await store[method](claim)
      expect(again.map(titleOf).toSorted()).toEqual(['A', 'B'])
      expect(again.map(({ mayHaveArrived }) => mayHaveArrived)).toEqual([false, false])
    },
  )

  test('a critical step is claimed before critical alerts that are older', async () => {
    const { store } = await opened()
    await store.accept({ receivedAt: now }, () => keep('Alert', { severity: 'critical' }))
    await store.accept({ receivedAt: now }, () => keep('Step', { severity: 'critical', kind: 'escalation' }))
    expect([await store.nextDueAt('main', true), await store.nextDueAt('main')]).toEqual([now, now])
    const claim = { channel: 'main', limit: 1, now, onlyCritical: true }
    const [step] = await store.claimDue(claim)
    await store.succeed([step!.id], now)
    const [alert] = await store.claimDue(claim)
    expect([step!.title, alert!.title]).toEqual(['Step', 'Alert'])
  })

  test('of an incident the newest is claimed and overtakes the others', async () => {
    const { store } = await opened()
    for (const kind of ['firing', 'resolved'] as const) {
      await store.accept({ receivedAt: now }, () => keep('A', { kind }))
    }
    const [claimed, ...others] = await store.claimDue({ channel: 'main', limit: 9, now })
    expect(others).toEqual([])
    expect(claimed).toMatchObject({ kind: 'resolved', wasNotified: false, overtaken: [{ kind: 'firing' }] })
    expect((await store.list({ state: 'collapsed' })).map(({ kind, collapsedInto }) => [kind, collapsedInto])).toEqual([
      ['firing', claimed?.id],
    ])
  })

  test('the result of a delivery is available to the next one of its incident', async () => {
    const { store } = await opened()
    await store.accept({ receivedAt: now, groupKey: 'group' }, () => ({ ...keep('A'), status: 'firing' }))
    const [first] = await store.claimDue({ channel: 'main', limit: 1, now })
    await store.succeed([first?.id ?? ''], now + 1, { ts: '1.2' })
    await store.accept({ receivedAt: now + 2, groupKey: 'group' }, ({ notified }) =>
      keep('A', { kind: 'resolved', recipients: notified }),
    )
    const [second] = await store.claimDue({ channel: 'main', limit: 1, now: now + 2 })
    expect(second).toMatchObject({ kind: 'resolved', thread: { ts: '1.2' }, wasNotified: true, ...people })
    expect(await store.list({ state: 'delivered' })).toMatchObject([{ attempts: 1, finishedAt: now + 1 }])
  })

  test('what failed comes back when it is due or its channel works again, what is dead when it is replayed', async () => {
    const { store } = await opened()
    await store.accept({ receivedAt: now }, () => keep('A'))
    const claim = (at: number): Promise<string | undefined> =>
      store.claimDue({ channel: 'main', limit: 1, now: at }).then(([one]) => one?.id)
    const id = (await claim(now)) ?? ''
    await store.reschedule([id], { dueAt: now + 5 * minute, reason: 'HTTP 500', mayHaveArrived: true })
    expect([await store.nextDueAt('main'), await store.nextDueAt('main', true)]).toEqual([now + 5 * minute, undefined])
    expect(await claim(now)).toBeUndefined()
    await store.makeDue('main', now)
    expect(await claim(now)).toBe(id)
    await store.deadLetter([id], now, 'gave up')
    expect(await store.list({ state: 'dead' })).toMatchObject([
      { id, attempts: 2, reason: 'gave up', mayHaveArrived: true, finishedAt: now },
    ])
    expect([await store.replay(id, now), await store.replay(id, now), await store.replay('nobody', now)]).toEqual([
      'replayed',
      'not-dead',
      'unknown',
    ])
    expect(await claim(now)).toBe(id)
  })

  test('a digest stands for what it was made of, grows while it waits, and is claimed as one', async () => {
    const { store } = await opened()
    for (const title of ['A', 'B', 'C']) await store.accept({ receivedAt: now }, () => keep(title))
    const claim = { ...people, limit: 2, now }
    const held = await store.claimHoldable(claim)
    expect(held.map(titleOf)).toEqual(['A', 'B'])
    const digest = (title: string): Notice => ({ kind: 'digest', severity: 'warning', incidentKey: 'digest', title, alerts: [] })
    const into = { ...people, id: 'digest-1', dueAt: now + 5_000 }
    await store.merge({ ids: held.map(({ id }) => id), into: { ...into, notice: digest('2 held') }, now })
    const rest = await store.claimHoldable(claim)
    await store.merge({ ids: rest.map(({ id }) => id), into: { ...into, notice: digest('3 held') }, now })
    expect(await store.pendingDigest(people)).toMatchObject({ id: 'digest-1', notice: { title: '3 held' } })
    expect(await store.claimDue({ channel: 'main', limit: 9, now })).toEqual([])
    const due = await store.claimDue({ channel: 'main', limit: 9, now: now + 5_000 })
    expect(due.map(titleOf)).toEqual(['3 held'])
    expect((await store.list({ state: 'collapsed' })).map(({ collapsedInto }) => collapsedInto)).toEqual(
      Array(3).fill('digest-1'),
    )
  })

  test('steps for one recipient are claimed together: those that are due and new ones, but none that waits or is held', async () => {
    const { store } = await opened()
    const step = (title: string, more = {}) => keep(title, { kind: 'escalation', ...more })
    for (const title of ['A', 'B', 'C', 'D']) await store.accept({ receivedAt: now }, () => step(title))
    await store.accept({ receivedAt: now }, () => step('E', { recipients: [{ channel: 'main', recipient: 'other' }] }))
    await store.accept({ receivedAt: now }, () => keep('F'))
    const claim = { ...people, limit: 9, now }
    const first = await store.claimSteps(claim)
    expect(first.map(titleOf)).toEqual(['A', 'B', 'C', 'D'])
    const later = { dueAt: now + minute }
    await store.reschedule([first[0]!.id], { ...later, tried: false })
    await store.reschedule([first[1]!.id], { ...later, reason: 'HTTP 500' })
    await store.reschedule([first[2]!.id], { ...later, tried: false, held: 'quiet-hours' })
    const [a, b, , d] = first.map(({ id }) => id) as [string, string, string, string]
    expect((await store.claimSteps({ ...claim, except: [d] })).map(titleOf)).toEqual(['A'])
    expect((await store.claimSteps({ ...claim, now: now + minute - 1, except: [a, d] })).map(titleOf)).toEqual([])
    expect((await store.claimSteps({ ...claim, now: now + minute, except: [a, d] })).map(titleOf)).toEqual(['B', 'C'])
    expect((await store.claimSteps({ ...claim, now: now + 20 * minute, except: [a, b] })).map(titleOf)).toEqual(['C', 'D'])
  })

  test('the deliveries of one message are marked together, and none of them when that is cut off', async () => {
    let marked = 0
    const cutOff = (): never => {
      marked += 1
      throw new Error('cut off')
    }
    const { store, takeOver } = await opened({ reached: cutOff })
    for (const title of ['A', 'B', 'C']) await store.accept({ receivedAt: now }, () => keep(title, { kind: 'escalation' }))
    const ids = (await store.claimSteps({ ...people, limit: 9, now })).map(({ id }) => id)
    await expect(store.succeed(ids, now)).rejects.toThrow('cut off')
    expect(marked).toBe(1)
    const next = await takeOver()
    onTestFinished(() => next.close())
    expect(await next.recover(now)).toBe(3)
    expect((await next.claimSteps({ ...people, limit: 9, now })).map(({ id }) => id)).toEqual(ids)
    await next.succeed(ids, now + 1)
    expect((await next.list({ state: 'delivered' })).map(({ id, finishedAt }) => [id, finishedAt])).toEqual(
      ids.toReversed().map((id) => [id, now + 1]),
    )
    for (const title of ['A', 'B', 'C']) await next.accept({ receivedAt: now }, () => keep(title))
    const known = await next.claimDue({ channel: 'main', limit: 9, now })
    expect(known.map(({ wasNotified }) => wasNotified)).toEqual([true, true, true])
  })

  test('deliveries that failed together are due again together, or dead together, and then their failover is due', async () => {
    const { store } = await opened()
    const recipients = [people, { ...people, recipient: 'boss' }]
    const failover = { stage: 'fallback', at: now + 9 * minute } as const
    await store.accept({ receivedAt: now }, () => ({ ...keep('A', { recipients }), failover }))
    const claim = { channel: 'main', limit: 9, now }
    const ids = (await store.claimDue(claim)).map(({ id }) => id)
    await store.reschedule(ids, { dueAt: now + minute, reason: 'HTTP 500', mayHaveArrived: true })
    const row = { attempts: 1, dueAt: now + minute, reason: 'HTTP 500', mayHaveArrived: true }
    expect(await store.list({ state: 'pending' })).toMatchObject([row, row])
    await store.deadLetter(ids, now + 1, 'gave up')
    const end = { attempts: 2, finishedAt: now + 1, reason: 'gave up', mayHaveArrived: true }
    expect(await store.list({ state: 'dead' })).toMatchObject([end, end])
    expect(await store.nextFailoverAt()).toBe(now + 1)
  })

  test('notices without a delivery in time are known, and can get more recipients', async () => {
    const { store } = await opened()
    const { id } = await store.accept({ receivedAt: now }, () => ({
      ...keep('A'),
      failover: { stage: 'fallback', at: now + minute },
    }))
    expect(await store.nextFailoverAt()).toBe(now + minute)
    expect(await store.dueFailovers(now)).toEqual([])
    expect(await store.dueFailovers(now + minute)).toMatchObject([
      { noticeId: id, stage: 'fallback', deliveries: [{ ...people, state: 'pending' }] },
    ])
    await store.failOver(id, { recipients: [{ channel: 'reserve', recipient: 'boss' }] }, now + minute)
    expect([await store.nextFailoverAt(), (await store.channelsWithPending()).toSorted()]).toEqual([
      undefined,
      ['main', 'reserve'],
    ])
  })

  test('what an owner had on its way when it died is free for the next one, and may have arrived', async () => {
    const { store, takeOver } = await opened()
    for (const title of ['A', 'B']) await store.accept({ receivedAt: now }, () => keep(title))
    await store.claimDue({ channel: 'main', limit: 1, now })
    await store.changeBucket('main', () => ({ tokens: 3.5, at: now, pausedUntil: 0 }))
    await store.changeBucket('main', (known) => ({ ...known!, tokens: 2.5, pausedUntil: now + minute }))
    const next = await takeOver()
    onTestFinished(() => next.close())
    expect(await next.recover(now + 1)).toBe(1)
    const claimed = await next.claimDue({ channel: 'main', limit: 9, now: now + 1 })
    expect(claimed.map(({ title, mayHaveArrived }) => [title, mayHaveArrived])).toEqual([
      ['A', true],
      ['B', false],
    ])
    expect([await next.bucket('main'), await next.bucket('other')]).toEqual([
      { tokens: 2.5, at: now, pausedUntil: now + minute },
      undefined,
    ])
  })

  test('a body that cannot be read is kept byte by byte until it is forgotten', async () => {
    const { store } = await opened()
    const body = new Uint8Array([0, 255, 13, 10, 128])
    const id = await store.quarantine(body, 'no JSON', now)
    expect(await store.listQuarantined()).toEqual([{ id, receivedAt: now, reason: 'no JSON', size: 5 }])
    expect(Buffer.from((await store.quarantinedBody(id)) ?? [])).toEqual(Buffer.from(body))
    await store.forgetQuarantined(id)
    expect([await store.quarantinedBody(id), await store.listQuarantined()]).toEqual([undefined, []])
  })

  test('what was reported of a trouble survives its owner, until it is forgotten', async () => {
    const { store, takeOver } = await opened()
    const meta = { key: 'quarantine', severity: 'critical', title: 'A', text: 'B', detail: 'id-1' } as const
    const held = { count: 2, details: ['id-1', 'id-2'], isOver: false, meta, except: 'mail' }
    await store.saveMetaState({ key: 'quarantine', reportedAt: now, isOpen: true })
    await store.saveMetaState({ key: 'quarantine', reportedAt: now, isOpen: true, held })
    await store.saveMetaState({ key: 'channel:mail', reportedAt: now, isOpen: false })
    await store.forgetMetaState('channel:mail')
    const next = await takeOver()
    onTestFinished(() => next.close())
    expect(await next.metaStates()).toEqual([{ key: 'quarantine', reportedAt: now, isOpen: true, held }])
  })

  test('the time of the last heartbeat of a peer survives the owner of the store, until it is forgotten', async () => {
    const { store, takeOver } = await opened()
    await store.savePeerState({ name: 'eu', lastAt: now })
    await store.savePeerState({ name: 'us', lastAt: now })
    await store.savePeerState({ name: 'eu', lastAt: now + 1 })
    await store.savePeerState({ name: 'ap', lastAt: now })
    await store.forgetPeerState('us')
    const next = await takeOver()
    onTestFinished(() => next.close())
    expect(await next.peerStates()).toEqual([
      { name: 'ap', lastAt: now },
      { name: 'eu', lastAt: now + 1 },
    ])
  })

  test('it counts what waits only as far as it is asked to, and knows the oldest', async () => {
    const { store } = await opened()
    expect(await store.oldestPendingAt()).toBeUndefined()
    for (const at of [now + 2, now + 1, now + 3]) await store.accept({ receivedAt: at }, () => keep(`at ${at}`))
    expect([await store.countPending(2), await store.countPending(9), await store.oldestPendingAt()]).toEqual([2, 3, now + 1])
  })

  describe('incidents', () => incidentConformance(() => opened()))

  test('after closing, it reports that it is closed', async () => {
    const { store } = await start()
    await store.close()
    await expect(store.accept({ receivedAt: now }, () => keep('A'))).rejects.toMatchObject({
      name: 'StoreError',
      reason: 'closed',
    })
  })
}

const titleOf = ({ title }: { readonly title: string }): string => title

function keep(
  title: string,
  { recipients = [people], ...more }: Partial<Notice> & { recipients?: readonly (typeof people)[] } = {},
): Extract<Decision, { kind: 'keep' }> {
  const notice: Notice = { kind: 'firing', severity: 'warning', incidentKey: title, title, alerts: [], ...more }
  return { kind: 'keep', notice, recipients }
}
