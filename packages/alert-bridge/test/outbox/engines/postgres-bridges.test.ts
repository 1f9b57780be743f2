import { Secret } from '@swarmwatch/config'
import { eventually, whyNoPostgres } from '@swarmwatch/testkit'
import pg from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { prepareGroup } from '../../../src/intake/prepare-entry.ts'
import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import { step } from '../../escalation/moved-clock.ts'
import { firing } from '../../helpers/alert-groups.ts'
import {
  broken,
  delivered,
  recordingChannel,
  type RecordingChannel,
  type RecordingOptions,
} from '../../helpers/recording-channel.ts'
import { shortTimes } from '../../helpers/short-times.ts'
import { startedBridge, type StartedBridge, type StartOptions } from '../../helpers/started-bridge.ts'
import { endLivesOf, postgresForTests, queryOf } from './postgres-server.ts'

describe.skipIf(whyNoPostgres() !== undefined)('bridges that share a database', () => {
  const { newDatabase } = postgresForTests()

  interface Fixture {
    readonly databaseUrl: string
    readonly channels: readonly RecordingChannel[]
    readonly bridges: readonly StartedBridge[]
    /** Titles of all messages that arrived, from any bridge. */
    readonly titles: () => string[]
  }

  interface FixtureOptions extends Pick<StartOptions, 'settings' | 'times'> {
    readonly count?: number
    readonly channel?: RecordingOptions
  }

  async function fixture({ count = 2, channel, times, settings }: FixtureOptions = {}): Promise<Fixture> {
    const databaseUrl = await newDatabase()
    const channels = Array.from({ length: count }, () => recordingChannel(channel))
    const options = {
      times: { ...shortTimes, stormWindowMs: 0, beatEveryMs: 50, ...times },
      databaseUrl,
      ...(settings && { settings }),
    }
    const bridges = await Promise.all(channels.map((one) => startedBridge({ channels: [one], ...options })))
    const titles = (): string[] => channels.flatMap((one) => one.delivered.map(({ notice }) => notice.title))
    return { databaseUrl, channels, bridges, titles }
  }

  test('three that start at the same time on an empty database deliver each alert once, whichever receives it', async () => {
    const { bridges, titles } = await fixture({ count: 3 })
    const names = Array.from({ length: 60 }, (_, index) => `A${index}`)
    // each is received by two of them, as from two Alertmanagers
    const answers = await Promise.all(
      names.flatMap((name, index) =>
        [0, 1].map(async (peer) => {
          const group = firing({ name, externalURL: `http://am-${peer}` })
          const response = await bridges[(index + peer) % 3]!.post('/api/v1/alerts', group)
          return [response.status, ((await response.json()) as { duplicate?: true }).duplicate === true]
        }),
      ),
    )
    expect(answers.filter(([status]) => status !== 200)).toEqual([])
    expect(answers.filter(([, isDuplicate]) => isDuplicate === true)).toHaveLength(60)
    await bridges[0]!.idle()
    expect(titles().toSorted()).toEqual(names.toSorted())
  })

  test('accept each alert once of those that all receive at the same time, new ones and known ones in any order', async () => {
    const address = readDatabaseUrl(await newDatabase())!
    const opened = await Promise.all([1, 2, 3].map(() => openPostgresStore(address)))
    onTestFinished(async () => void (await Promise.all(opened.map(({ store }) => store.close()))))
    const plan = { fallbackAfterMs: 60_000, lastResortAfterMs: 60_000 }
    const accepted: string[] = []
    const accept = async ({ store, now }: (typeof opened)[number], name: string): Promise<void> => {
      const { entry, decide } = prepareGroup(firing({ name }), { channels: [], plan, receivedAt: now() })
      if ((await store.accept(entry, decide)).duplicate === undefined) accepted.push(name)
    }
    const names = Array.from({ length: 60 }, (_, index) => `A${index}`)
    for (const count of [20, 40, 60]) {
      const some = names.slice(0, count)
      const orders = [some, some.toReversed(), [...some.slice(count / 2), ...some.slice(0, count / 2)]]
      await Promise.all(opened.flatMap((one, index) => orders[index]!.map((name) => accept(one, name))))
      expect(accepted.toSorted()).toEqual(some.toSorted())
    }
  })

  test('know that one lives while slow work holds all its connections', async () => {
    const databaseUrl = await newDatabase()
    const { store } = await openPostgresStore(readDatabaseUrl(databaseUrl)!)
    onTestFinished(store.close)
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query('BEGIN')
    await client.query('LOCK TABLE swarmwatch_bridge.deliveries IN ACCESS EXCLUSIVE MODE')
    let isDone = false
    const work = Promise.race(Array.from({ length: 8 }, () => store.list({ state: 'pending' }))).finally(() => (isDone = true))
    await store.sharing!.beat()
    expect(isDone).toBe(false)
    const { rows } = await client.query('SELECT count(*)::int AS alive FROM swarmwatch_bridge.owners')
    expect(rows).toEqual([{ alive: 1 }])
    await client.query('COMMIT')
    await client.end()
    await work
  })

  test('three that compete for the steps of the same incidents send each step once, and none after an acknowledgement', async () => {
    const escalation = [1, 3].map((afterSeconds) => step(afterSeconds, { channels: ['main'] }))
    const { bridges, channels } = await fixture({ count: 3, settings: { escalation } })
    const names = Array.from({ length: 20 }, (_, index) => `A${index}`)
    await Promise.all(
      names.map((name, index) => bridges[index % 3]!.post('/api/v1/alerts', firing({ name, severity: 'critical' }))),
    )
    const steps = (number: number): string[] =>
      channels
        .flatMap(({ delivered: all }) => all)
        .filter(({ notice }) => notice.escalation?.number === number)
        .flatMap(({ notice: { title, incidents } }) => incidents?.map((one) => one.title) ?? [title])
        .toSorted()
    const { store } = bridges[0]!.service.core
    const acknowledged = (await store.listIncidents({})).filter(({ title }) => title < 'A15')
    await Promise.all(
      acknowledged.map(({ key }, index) =>
        bridges[index % 3]!.service.core.store.changeIncident(key, Date.now(), () => ({ set: { state: 'acknowledged' } })),
      ),
    )
    const open = names.filter((name) => name >= 'A15').toSorted()
    await eventually('the second steps', () => steps(2).length >= open.length)
    await bridges[0]!.idle()
    expect(steps(2)).toEqual(open)
    expect(new Set(steps(1)).size).toBe(steps(1).length)
  })

  test('one delivers what another one accepted and has no time for', async () => {
    const { channels, bridges, titles } = await fixture({ channel: { concurrency: 1 } })
    const answer = Promise.withResolvers<{ kind: 'delivered' }>()
    // any of them may take it
    for (const channel of channels)
      channel.answer = ({ notice }) => (notice.title === 'Slow' ? answer.promise : { kind: 'delivered' })
    await bridges[0]!.post('/api/v1/alerts', firing({ name: 'Slow' }))
    await eventually('an attempt', () => channels.some(({ tries }) => tries.length > 0))
    for (const name of ['A', 'B', 'C']) await bridges[0]!.post('/api/v1/alerts', firing({ name }))
    await eventually('the others', () => ['A', 'B', 'C'].every((name) => titles().includes(name)))
    answer.resolve({ kind: 'delivered' })
    await bridges[0]!.idle()
    expect(titles().toSorted()).toEqual(['A', 'B', 'C', 'Slow'])
  })

  test('together send no more than the rate limit of a channel allows', async () => {
    const { bridges, titles } = await fixture({ channel: { limits: { perSecond: 0.0001, burst: 3 } } })
    const names = Array.from({ length: 8 }, (_, index) => `A${index}`)
    await Promise.all(names.map((name, index) => bridges[index % 2]!.post('/api/v1/alerts', firing({ name }))))
    await eventually('the burst', () => titles().length === 3)
    await eventually('the others to wait', async () => (await bridges[0]!.deliveries('pending')).length === 5)
    for (const { service } of bridges) service.core.wake()
    await eventually('another look', async () => (await bridges[1]!.service.core.store.bucket('main'))!.tokens < 1)
    expect(titles()).toHaveLength(3)
  })

  test('when a channel fails, one bridge reports it, none of them sends there, and one sees that it works again', async () => {
    const databaseUrl = await newDatabase()
    const mains = [recordingChannel({ answer: broken }), recordingChannel({ answer: broken })]
    const others = [
      recordingChannel({ name: 'other', severities: ['warning'] }),
      recordingChannel({ name: 'other', severities: ['warning'] }),
    ]
    const times = { ...shortTimes, stormWindowMs: 0, probeAfterMs: 300 }
    const bridges = await Promise.all(
      [0, 1].map((index) => startedBridge({ channels: [mains[index]!, others[index]!], times, databaseUrl })),
    )
    const reports = (): string[] => others.flatMap((one) => one.delivered.map(({ notice }) => notice.title))
    const open = async (bridge: StartedBridge): Promise<boolean> =>
      (await (await fetch(`${bridge.url}/metrics`)).text()).includes('bridge_breaker_open{channel="main"} 1')
    await bridges[0]!.post('/api/v1/alerts', firing({ name: 'A', severity: 'info' }))
    await eventually('the breaker to open for both', async () => (await open(bridges[0]!)) && open(bridges[1]!))
    await bridges[1]!.post('/api/v1/alerts', firing({ name: 'B', severity: 'info' }))
    await eventually('some probes', () => mains.flatMap(({ tries }) => tries).length >= 3)
    await eventually('the report', () => reports().length > 0)
    expect(reports()).toEqual(['Channel main cannot deliver'])
    for (const main of mains) main.answer = delivered
    await bridges[0]!.idle()
    await eventually('the end', () => reports().length === 2)
    expect(reports().toSorted()).toEqual(['Channel main cannot deliver', 'Channel main works again'])
    expect(mains.flatMap((main) => main.delivered.map(({ notice }) => notice.title)).toSorted()).toEqual(['A', 'B'])
  })

  test('report once that a body cannot be read, although both receive it', async () => {
    const { bridges, titles } = await fixture()
    await Promise.all(bridges.map((bridge) => bridge.post('/api/v1/alerts', 'no JSON')))
    await bridges[0]!.idle()
    expect(titles()).toEqual(['An alert could not be read'])
    expect(await bridges[1]!.service.core.store.metaStates()).toMatchObject([{ key: 'quarantine', held: { count: 1 } }])
  })

  test('report a missing Watchdog and its return once, whichever bridge receives it', async () => {
    const { bridges, titles } = await fixture({ settings: { watchdogSeconds: 2 } })
    const watchdog = firing({ name: 'Watchdog', severity: 'none' })
    // only one of them receives it
    const timer = setInterval(() => void bridges[1]!.post('/api/v1/alerts', watchdog).catch(() => {}), 200)
    onTestFinished(() => clearInterval(timer))
    await eventually('both to know it', async () =>
      (await Promise.all(bridges.map((bridge) => bridge.metric('bridge_watchdog_age_seconds')))).every((age) => (age ?? 9) < 1),
    )
    expect(titles()).toEqual([])
    clearInterval(timer)
    await eventually('the report', () => titles().length > 0)
    await bridges[0]!.post('/api/v1/alerts', watchdog)
    await eventually('the return', () => titles().length > 1)
    expect(titles().toSorted()).toEqual(['No Watchdog: alerts do not reach the bridge', 'The Watchdog is back'])
  })

  test('report a silent region and its return once, whichever bridge receives its heartbeats', async () => {
    const heartbeatToken = 'a-heartbeat-token-for-tests'
    const settings = { heartbeatTokens: [new Secret(heartbeatToken)], watchedPeers: [{ name: 'eu', silentAfterSeconds: 7 }] }
    const { bridges, titles } = await fixture({ settings })
    const beat = (bridge: StartedBridge): Promise<Response> =>
      bridge.post('/api/v1/heartbeats/eu', {}, { authorization: `Bearer ${heartbeatToken}` })
    const beatAt = (bridge: StartedBridge): (() => void) => {
      const timer = setInterval(() => void beat(bridge).catch(() => {}), 200)
      onTestFinished(() => clearInterval(timer))
      return () => clearInterval(timer)
    }
    const stop = beatAt(bridges[1]!)
    await eventually(
      'the other one to know them',
      async () => (await bridges[0]!.metric('bridge_peer_age_seconds{peer="eu"}'))! < 1,
    )
    stop()
    await eventually('the report', () => titles().length > 0)
    beatAt(bridges[0]!)
    await eventually('the return', () => titles().length > 1)
    expect(titles().toSorted()).toEqual(['RegionSilent: eu is back', 'RegionSilent: no heartbeat from eu'])
  })

  test('do not give up deliveries of a channel that only the other one has, as during an update', async () => {
    const databaseUrl = await newDatabase()
    const old = recordingChannel({ name: 'old', answer: broken })
    const times = { ...shortTimes, stormWindowMs: 0 }
    const first = await startedBridge({ channels: [old], times, databaseUrl })
    await first.post('/api/v1/alerts', firing({ name: 'A' }))
    const second = await startedBridge({ channels: [recordingChannel({ name: 'new' })], times, databaseUrl })
    expect(second.lines).toEqual([])
    old.answer = delivered
    await eventually('the delivery', () => old.delivered.length === 1)
  })

  test('leave to one what it was sending while none could reach the database, even to one that starts afterwards', async () => {
    const url = await newDatabase()
    const [first, second] = [await openPostgresStore(readDatabaseUrl(url)!), await openPostgresStore(readDatabaseUrl(url)!)]
    onTestFinished(async () => void (await Promise.all([first.store.close(), second.store.close()])))
    const now = Date.now()
    first.store.sharing!.serve(['main'])
    await first.store.recover(now)
    const notice = { kind: 'firing', severity: 'warning', incidentKey: 'A', title: 'A', alerts: [] } as const
    const recipients = [{ channel: 'main', recipient: 'people' }]
    await first.store.accept({ receivedAt: now }, () => ({ kind: 'keep', notice, recipients }))
    const [sending] = await first.store.claimDue({ channel: 'main', limit: 1, now })
    // as after an outage: no bridge could report, and leases have ended
    await endLivesOf(url)
    const later = now + 120_000
    expect([await second.store.recover(later), await second.store.channelsWithPending()]).toEqual([0, []])
    expect(await second.store.claimDue({ channel: 'main', limit: 1, now: later })).toEqual([])
    await first.store.sharing!.beat()
    await first.store.succeed([sending!.id], later)
    expect(await second.store.list({})).toMatchObject([{ state: 'delivered', attempts: 1, mayHaveArrived: false }])
  })

  test('lose nothing that one adds to a digest which the other one is about to send', async () => {
    const address = readDatabaseUrl(await newDatabase())!
    const [first, second] = await Promise.all([openPostgresStore(address), openPostgresStore(address)])
    onTestFinished(async () => void (await Promise.all([first.store.close(), second.store.close()])))
    const now = Date.now()
    const to = { channel: 'main', recipient: 'people' }
    const noticeOf = (kind: 'firing' | 'digest', title: string) =>
      ({ kind, severity: 'warning', incidentKey: title, title, alerts: [] }) as const
    const claim = { ...to, limit: 1, now }
    for (const title of ['A', 'B']) {
      await first.store.accept({ receivedAt: now }, () => ({ kind: 'keep', notice: noticeOf('firing', title), recipients: [to] }))
    }
    const into = { ...to, id: 'digest-1', dueAt: now }
    const [a] = await first.store.claimHoldable(claim)
    await first.store.merge({ ids: [a!.id], into: { ...into, notice: noticeOf('digest', 'A') }, now })
    const [b] = await first.store.claimHoldable(claim)
    const waiting = await first.store.pendingDigest(to)
    const [sent] = await second.store.claimDue(claim)
    await first.store.merge({ ids: [b!.id], into: { ...into, id: waiting!.id, notice: noticeOf('digest', 'A and B') }, now })
    await second.store.succeed([sent!.id], now)
    const rest = await second.store.claimDue(claim)
    expect([sent!.notice.title, ...rest.map(({ notice }) => notice.title)]).toEqual(['A', 'A and B'])
    const collapsed = await first.store.list({ state: 'collapsed' })
    expect(collapsed.map(({ title, collapsedInto }) => [title, collapsedInto])).toEqual([
      ['B', rest[0]!.id],
      ['A', 'digest-1'],
    ])
  })

  test('notify the fallback once, also if one is so slow that the other one takes its failover', async () => {
    const address = readDatabaseUrl(await newDatabase())!
    const [first, second] = [await openPostgresStore(address), await openPostgresStore(address)]
    onTestFinished(async () => void (await Promise.all([first.store.close(), second.store.close()])))
    const now = Date.now()
    const notice = { kind: 'firing', severity: 'critical', incidentKey: 'A', title: 'A', alerts: [] } as const
    const recipients = [{ channel: 'main', recipient: 'people' }]
    const failover = { stage: 'fallback', at: now } as const
    const { id } = await first.store.accept({ receivedAt: now }, () => ({ kind: 'keep', notice, recipients, failover }))
    const escalated = { recipients: [{ channel: 'reserve', recipient: 'boss' }] }
    expect(await first.store.dueFailovers(now)).toHaveLength(1)
    expect(await second.store.dueFailovers(now + 1_000)).toEqual([])
    expect(await second.store.dueFailovers(now + 60_000)).toHaveLength(1)
    await second.store.failOver(id, escalated, now + 60_000)
    await first.store.failOver(id, escalated, now + 60_001)
    expect((await first.store.list({})).map(({ channel }) => channel)).toEqual(['reserve', 'main'])
  })

  test('give up deliveries of a channel that none of them has, as soon as the last one that had it is gone', async () => {
    const databaseUrl = await newDatabase()
    const channels = [recordingChannel({ name: 'old', answer: broken })]
    const first = await startedBridge({ channels, times: shortTimes, databaseUrl })
    await first.post('/api/v1/alerts', firing({ name: 'A' }))
    await first.service.stop()
    const query = (sql: string): Promise<unknown> => queryOf(databaseUrl, sql)
    await query(`INSERT INTO swarmwatch_bridge.owners (id, alive_until, channels) VALUES ('killed', 0, '{old}')`)
    const times = { ...shortTimes, upkeepEveryMs: 50 }
    const second = await startedBridge({ channels: [recordingChannel({ name: 'new' })], times, databaseUrl })
    expect(second.lines).toEqual([])
    await query(`DELETE FROM swarmwatch_bridge.owners WHERE id = 'killed'`)
    await eventually('the dead letter', async () => (await second.deliveries('dead')).length === 1)
  })

  test('agree on the time of the database, whatever the clocks of their machines show', async () => {
    const address = readDatabaseUrl(await newDatabase())!
    const hour = 3_600_000
    const right = await openPostgresStore(address)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hour })
    onTestFinished(() => void vi.useRealTimers())
    const wrong = await openPostgresStore(address)
    onTestFinished(async () => void (await Promise.all([right.store.close(), wrong.store.close()])))
    expect(Math.abs(right.now() - wrong.now())).toBeLessThan(hour / 60)
    expect(Date.now() - wrong.now()).toBeGreaterThan(hour / 2)
  })
})
