import { expect, onTestFinished, test } from 'vitest'

import type { Notice } from '../../src/message/notice.ts'
import type { IncidentChange, StoredIncident } from '../../src/outbox/incidents.ts'
import type { Store } from '../../src/outbox/store.ts'
import type { StoreBench } from './store-bench.ts'

const now = Date.parse('2026-11-24T02:00:00Z')
const minute = 60_000
const main = { channel: 'main', recipient: 'on-call' }
const boss = { channel: 'sms', recipient: 'boss' }

/** Guarantees about incidents that the bridge needs from every store. */
export function incidentConformance(opened: () => Promise<StoreBench>): void {
  test('an incident is open from the commit that stores its alert until the commit that stores its end', async () => {
    const { store } = await opened()
    await fire(store, now, { severity: 'critical' })
    expect(await store.incident('one')).toEqual({
      ...begin,
      state: 'open',
      severity: 'critical',
      agent: 'writer',
      notice: noticeOf('firing', { severity: 'critical' }),
    })
    await resolve(store, now + minute)
    expect(await store.incident('one')).toEqual({
      ...begin,
      state: 'resolved',
      severity: 'critical',
      agent: 'writer',
      updatedAt: now + minute,
      resolvedAt: now + minute,
      notice: noticeOf('resolved'),
    })
    expect([await store.incident('other'), await store.incidentHistory('one')]).toEqual([undefined, []])
  })

  test('an incident of an alert that fires and ends in the same moment is resolved', async () => {
    const { store } = await opened()
    await Promise.all([fire(store, now), resolve(store, now + 1)])
    expect(await store.incident('one')).toMatchObject({ state: 'resolved', openedAt: now, resolvedAt: now + 1 })
  })

  test('an entry without a group, such as an event, is no incident', async () => {
    const { store } = await opened()
    await store.accept({ receivedAt: now }, () => ({ kind: 'keep', notice: noticeOf('event'), recipients: [main] }))
    expect(await store.listIncidents({})).toEqual([])
  })

  test('incidents are listed without their notices, the newest first, all or only those that are open or resolved', async () => {
    const { store } = await opened()
    for (const [index, key] of ['one', 'two', 'three'].entries()) await fire(store, now + index, { incidentKey: key })
    await resolve(store, now + 9, { incidentKey: 'two' })
    const keys = async (filter: Parameters<Store['listIncidents']>[0]): Promise<string[]> =>
      (await store.listIncidents(filter)).map(({ key, notice }) => `${key}${notice === undefined ? '' : ' with notice'}`)
    expect([
      await keys({}),
      await keys({ isOpen: true }),
      await keys({ isOpen: false }),
      await keys({ isOpen: true, limit: 1 }),
    ]).toEqual([['three', 'two', 'one'], ['three', 'one'], ['two'], ['three']])
  })

  test('a change, its history and its notice are stored together, for those who were notified or are about to be', async () => {
    const { store, takeOver } = await opened()
    await fire(store, now, {}, [main])
    const [delivery] = await store.claimDue({ channel: 'main', limit: 1, now })
    await store.succeed([delivery!.id], now, { ts: '1' })
    await fire(store, now + 1, { severity: 'critical' }, [main, boss])
    const seen: unknown[] = []
    const changed = await store.changeIncident('one', now + minute, (incident, recipients) => {
      seen[0] = [incident.state, recipients]
      return {
        set: { state: 'acknowledged', acknowledgedAt: now + minute, acknowledgedBy: 'Ana', escalationDueAt: null },
        history: [
          { at: now + minute, who: 'Ana', action: 'acknowledged', detail: 'by mail' },
          { at: now + minute, who: 'bridge', action: 'notified' },
        ],
        notify: { notice: noticeOf('acknowledged', { acknowledgedBy: 'Ana' }), recipients },
      }
    })
    expect(seen).toEqual([['open', [main, boss]]])
    expect(changed).toMatchObject({ isChanged: true, before: { state: 'open' }, after: { state: 'acknowledged' } })
    const next = await takeOver()
    onTestFinished(() => next.close())
    expect(await next.incident('one')).toMatchObject({ acknowledgedAt: now + minute, acknowledgedBy: 'Ana' })
    expect(await next.incidentHistory('one')).toEqual([
      { at: now + minute, who: 'Ana', action: 'acknowledged', detail: 'by mail' },
      { at: now + minute, who: 'bridge', action: 'notified' },
    ])
    await next.recover(now + minute)
    const [ofMain] = await next.claimDue({ channel: 'main', limit: 9, now: now + minute })
    const [ofBoss] = await next.claimDue({ channel: 'sms', limit: 9, now: now + minute })
    expect(ofMain).toMatchObject({ kind: 'acknowledged', thread: { ts: '1' } })
    expect(ofBoss).toMatchObject({ kind: 'acknowledged', overtaken: [{ kind: 'firing' }] })
  })

  test('nothing is stored of a change that is undefined, that throws, or of an unknown incident', async () => {
    const { store } = await opened()
    await fire(store, now)
    const before = await store.incident('one')
    expect(await store.changeIncident('one', now + 1, () => undefined)).toEqual({ before, after: before, isChanged: false })
    expect(await store.changeIncident('other', now + 1, () => acknowledge('Ana'))).toBeUndefined()
    const failing = store.changeIncident('one', now + 1, () => {
      throw new Error('undecided')
    })
    await expect(failing).rejects.toThrow('undecided')
    expect([await store.incident('one'), await store.incidentHistory('one')]).toEqual([before, []])
  })

  test('the decision about the next alerts of an incident knows whether someone has acknowledged it', async () => {
    const { store } = await opened()
    const look = async (at: number): Promise<unknown> => {
      let known: unknown
      await store.accept({ receivedAt: at, dedupeKey: `look-${at}`, groupKey: 'group-one' }, ({ incident }) => {
        known = incident?.isAcknowledged
        return { kind: 'keep', notice: noticeOf('repeat'), recipients: [], status: 'firing' }
      })
      return known
    }
    expect([await look(now), await look(now + 1)]).toEqual([undefined, undefined])
    await store.changeIncident('one', now + 2, () => acknowledge('Ana'))
    expect([await look(now + 3), await look(now + 4)]).toEqual([true, true])
    await store.changeIncident('one', now + 5, () => ({ set: { state: 'silenced', silencedUntil: now + minute } }))
    expect(await look(now + 6)).toBeUndefined()
  })

  test('a step whose attempt fails after an acknowledgement is canceled, not dead and not due again', async () => {
    const { store } = await opened()
    await fire(store, now, { kind: 'escalation' }, [main, boss])
    const [ofMain] = await store.claimDue({ channel: 'main', limit: 1, now })
    const [ofBoss] = await store.claimDue({ channel: 'sms', limit: 1, now })
    await store.changeIncident('one', now + 1, () => acknowledge('Ana'))
    await store.deadLetter([ofMain!.id], now + 2, 'refused')
    await store.reschedule([ofBoss!.id], { dueAt: now + 3, reason: 'HTTP 503' })
    const rows = await store.list({})
    expect(rows.map(({ channel, state }) => `${channel} ${state}`).toSorted()).toEqual(['main collapsed', 'sms collapsed'])
    expect(await store.claimDue({ channel: 'sms', limit: 1, now: now + minute })).toEqual([])
  })

  test('of several people who act at the same time, one is the first', async () => {
    const { store } = await opened()
    await fire(store, now)
    const names = ['Ana', 'Ben', 'Cem', 'Dia', 'Eli', 'Fay', 'Gus', 'Hal']
    const results = await Promise.all(
      names.map((name) =>
        store.changeIncident('one', now + 1, ({ state }) => (state === 'open' ? acknowledge(name) : undefined)),
      ),
    )
    const winners = results.flatMap((result, index) => (result?.isChanged === true ? names[index]! : []))
    expect(winners).toHaveLength(1)
    expect([(await store.incident('one'))?.acknowledgedBy, (await store.incidentHistory('one')).map(({ who }) => who)]).toEqual([
      winners[0],
      winners,
    ])
  })

  test('further notifications leave an acknowledged incident acknowledged, and a silenced one silenced until the silence ends', async () => {
    const { store } = await opened()
    await fire(store, now)
    await store.changeIncident('one', now + 1, () => acknowledge('Ana'))
    await fire(store, now + 2, { severity: 'critical' })
    expect(await store.incident('one')).toMatchObject({ state: 'acknowledged', severity: 'critical', openedAt: now })
    await store.changeIncident('one', now + 3, () => ({ set: { state: 'silenced', silencedUntil: now + minute } }))
    await fire(store, now + minute - 1)
    expect(await stateOf(store)).toBe('silenced')
    await fire(store, now + minute)
    expect(await stateOf(store)).toBe('open')
  })

  test('an incident that a person resolves has ended: what fires afterwards is another one', async () => {
    const { store } = await opened()
    await fire(store, now)
    await store.changeIncident('one', now + 1, () => ({ set: { state: 'resolved', resolvedAt: now + 1, resolvedBy: 'Ana' } }))
    const known: unknown[] = []
    await store.accept({ receivedAt: now + 2, groupKey: 'group of one' }, ({ incident }) => {
      known[0] = incident
      return { kind: 'keep', notice: noticeOf('resolved'), recipients: [], status: 'resolved' }
    })
    expect(known).toEqual([{ key: 'one', status: 'resolved' }])
    expect(await store.incident('one')).toMatchObject({ resolvedAt: now + 1, resolvedBy: 'Ana', state: 'resolved' })
  })

  test('a change by a person and the end that Alertmanager reports leave the incident resolved, in either order', async () => {
    for (const order of ['person first', 'end first', 'together']) {
      const { store } = await opened()
      await fire(store, now)
      const ack = (): Promise<unknown> =>
        store.changeIncident('one', now + 1, ({ state }) => (state === 'resolved' ? undefined : acknowledge('Ana')))
      if (order === 'person first') await ack()
      await (order === 'together' ? Promise.all([ack(), resolve(store, now + 1)]) : resolve(store, now + 1))
      if (order === 'end first') await ack()
      expect([order, await stateOf(store)]).toEqual([order, 'resolved'])
    }
  })

  test('a new incident has its first escalation step due, which its end and a change take away', async () => {
    const { store } = await opened()
    const due = async (): Promise<unknown> => {
      const { escalationStep, escalationRound, escalationDueAt } = (await store.incident('one'))!
      return [escalationStep, escalationRound, escalationDueAt]
    }
    await fire(store, now, {}, [main], now + minute)
    expect(await due()).toEqual([0, 0, now + minute])
    await fire(store, now + 1, {}, [main], now + 2 * minute)
    expect(await due()).toEqual([0, 0, now + minute])
    await store.changeIncident('one', now + 2, () => ({
      set: { escalationStep: 1, escalationRound: 2, escalationDueAt: now + 9 },
    }))
    expect(await due()).toEqual([1, 2, now + 9])
    await store.changeIncident('one', now + 3, () => ({ set: { escalationDueAt: null } }))
    await fire(store, now + 4, {}, [main], now + 5 * minute)
    expect(await due()).toEqual([1, 2, undefined])
    await store.changeIncident('one', now + 5, () => ({ set: { escalationDueAt: now + 9 } }))
    await resolve(store, now + 6)
    expect(await due()).toEqual([1, 2, undefined])
  })

  test('a resolved incident and its history are deleted when they are old, one that is open stays', async () => {
    const { store } = await opened()
    for (const key of ['one', 'two']) {
      await fire(store, now, { incidentKey: key })
      await store.changeIncident(key, now + 1, () => acknowledge('Ana'))
    }
    await resolve(store, now + 2)
    await store.forget(now + minute, now)
    expect((await store.listIncidents({})).map(({ key }) => key)).toEqual(['two'])
    expect([await store.incidentHistory('one'), (await store.incidentHistory('two')).length]).toEqual([[], 1])
  })
}

const begin = {
  key: 'one',
  title: 'AgentFailures',
  openedAt: now,
  updatedAt: now,
  escalationStep: 0,
  escalationRound: 0,
} satisfies Partial<StoredIncident>

function noticeOf(kind: Notice['kind'], more: Partial<Notice> = {}): Notice {
  const startsAt = '2026-11-24T01:59:00Z'
  const status = kind === 'resolved' ? 'resolved' : 'firing'
  return {
    kind,
    severity: 'warning',
    incidentKey: 'one',
    title: 'AgentFailures',
    alerts: [{ status, labels: { agent_name: 'writer' }, annotations: {}, startsAt }],
    ...more,
  }
}

async function fire(
  store: Store,
  receivedAt: number,
  more: Partial<Notice> = {},
  recipients = [main],
  escalationDueAt?: number,
): Promise<void> {
  const notice = noticeOf('firing', more)
  await store.accept({ receivedAt, groupKey: `group of ${notice.incidentKey}` }, () => ({
    kind: 'keep',
    notice,
    recipients,
    status: 'firing',
    ...(escalationDueAt !== undefined && { escalationDueAt }),
  }))
}

async function resolve(store: Store, receivedAt: number, more: Partial<Notice> = {}): Promise<void> {
  const notice = noticeOf('resolved', more)
  await store.accept({ receivedAt, groupKey: `group of ${notice.incidentKey}` }, () => ({
    kind: 'keep',
    notice,
    recipients: [main],
    status: 'resolved',
  }))
}

function acknowledge(name: string): IncidentChange {
  return {
    set: { state: 'acknowledged', acknowledgedAt: now + 1, acknowledgedBy: name },
    history: [{ at: now + 1, who: name, action: 'acknowledged' }],
  }
}

async function stateOf(store: Store): Promise<string | undefined> {
  return (await store.incident('one'))?.state
}
