import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import { eventually, openHttpServer, whyNoPostgres } from '@swarmwatch/testkit'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { ownerLifeMs } from '../../src/outbox/postgres/upkeep.ts'
import { openPostgresStore } from '../../src/outbox/postgres/open-postgres-store.ts'
import { readDatabaseUrl } from '../../src/outbox/postgres/database-url.ts'
import { account, notEscalatedOnce, twoSteps } from '../crash/accounting.ts'
import { runBridge, type RunningBridge } from '../crash/run-bridge.ts'
import { openSink } from '../crash/sink.ts'
import { openPostgresPair, type PostgresPair } from '../outbox/engines/postgres-pair.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

/** `BRIDGE_KILLS=100 DATABASE_KILLS=20 FAILOVERS=5` for the long run, whose table is in docs/scaling.md. */
const kills = Number(process.env['BRIDGE_KILLS'] ?? 10)
const databaseKills = Number(process.env['DATABASE_KILLS'] ?? 3)
const failovers = Number(process.env['FAILOVERS'] ?? 1)
/** The longest time that the deliveries of a dead bridge wait for another one, while the database can be reached. */
const maxTakeoverMs = 25_000
const withEngines = whyNoPostgres() === undefined ? withAlertmanager : test.skip

withEngines(
  `two Alertmanagers and three bridges lose no alert in ${kills} kills of a bridge, ${databaseKills} of the database and ${failovers} failovers`,
  { timeout: 3_600_000 },
  async () => {
    await using database = await openPostgresPair()
    const run = await startRun(database)
    const events = eventsInAnyOrder()
    for (const event of events) {
      const before = run.acknowledged.size
      await eventually('some alerts to be acknowledged', () => run.acknowledged.size >= before + 5)
      if (event === 'kill a bridge') await run.killOne()
      if (event === 'kill the database') await database.killAndStart()
      if (event === 'fail over') await database.failOver()
    }
    const { lost, twice, unexplained, misescalated, messages, alerts, longestMs, samples, takeovers, longestTakeoverMs } =
      await run.end()
    console.log(
      JSON.stringify({
        kills,
        databaseKills,
        failovers,
        alerts,
        acknowledged: run.acknowledged.size,
        messages,
        twice,
        longestMs,
        takeovers,
        longestTakeoverMs,
      }),
    )
    expect({ lost, unexplained, misescalated }).toEqual({ lost: [], unexplained: [], misescalated: [] })
    expect(samples).toBeGreaterThan(100)
    expect(longestTakeoverMs).toBeLessThanOrEqual(maxTakeoverMs)
  },
)

withEngines(
  'without kills, a notification of two Alertmanagers is sent by one of three bridges, once',
  { timeout: 600_000 },
  async () => {
    await using database = await openPostgresPair()
    const run = await startRun(database)
    await eventually('300 alerts', () => run.acknowledged.size >= 300)
    const { lost, twice, misescalated, messages, alerts, longestMs } = await run.end()
    console.log(JSON.stringify({ alerts, acknowledged: run.acknowledged.size, messages, twice, longestMs }))
    expect({ lost, twice, misescalated }).toEqual({ lost: [], twice: 0, misescalated: [] })
  },
)

type Event = 'kill a bridge' | 'kill the database' | 'fail over'

function eventsInAnyOrder(): readonly Event[] {
  const all: readonly Event[] = [
    ...Array.from({ length: kills }, () => 'kill a bridge' as const),
    ...Array.from({ length: databaseKills }, () => 'kill the database' as const),
    ...Array.from({ length: failovers }, () => 'fail over' as const),
  ]
  return all
    .map((event) => ({ event, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ event }) => event)
}

/** Starts three bridges behind a proxy, two Alertmanagers that send to it, and alerts that both of them get. */
async function startRun(database: PostgresPair) {
  const sink = await openSink()
  const start = async (): Promise<RunningBridge> =>
    eventually('a bridge to start', () => runBridge({ ...twoSteps, SINK_URL: sink.url, DATABASE_URL: database.url }))
  const bridges = await Promise.all([start(), start(), start()])
  onTestFinished(() => bridges.forEach(({ child }) => child.kill('SIGKILL')))
  const takeovers = watchTakeovers(database)
  onTestFinished(takeovers.stop)
  const acknowledged = new Set<string>()
  const port = await openBalancer(() => bridges, acknowledged)
  const settings = { bridgePort: port, repeatInterval: '1h', isPeer: true }
  const first = await runAlertmanager(settings)
  const alertmanagers = [first, await runAlertmanager({ ...settings, peers: [first] })]
  for (const one of alertmanagers) await eventually('the pair to meet', async () => (await one.peerCount()) === 2)

  const postedAt = new Map<string, number>()
  let isPosting = true
  const posting = (async () => {
    while (isPosting) {
      const name = `Alert${postedAt.size}`
      postedAt.set(name, performance.now())
      const endsAt = new Date(Date.now() + 3_600_000)
      // As two Prometheus do: each sends to both
      await Promise.all(alertmanagers.map((one) => one.post(name, 'warning', endsAt)))
      await pause(50)
    }
  })()
  // Where the test has failed, it ends with an error that does not matter
  posting.catch(() => {})
  onTestFinished(() => void (isPosting = false))

  return {
    acknowledged,
    /** SIGKILL to a random bridge, which starts again. */
    async killOne(): Promise<void> {
      const index = Math.floor(Math.random() * bridges.length)
      bridges[index]!.child.kill('SIGKILL')
      await bridges[index]!.ended
      bridges[index] = await start()
    },
    /** Ends the load, and counts what became of the alerts when nothing waits any more. */
    async end() {
      isPosting = false
      await posting
      const titles = (): Set<string> => new Set(sink.received.map(({ title }) => title))
      await eventually('all alerts to arrive', () => [...postedAt.keys()].every((name) => titles().has(name)), {
        withinMs: 900_000,
        everyMs: 200,
      })
      const { store } = await openPostgresStore(readDatabaseUrl(database.url)!)
      const waiting = async (): Promise<readonly [pending: number, nextStepAt: number | undefined]> => [
        await store.countPending(1_000_000),
        await store.nextStepAt(),
      ]
      // Only ends a test that hangs: a busy machine delivers the rest late
      await eventually('no delivery and no step to wait', async () => (await waiting()).join() === '0,', {
        withinMs: 900_000,
        everyMs: 500,
      }).catch(async (error: unknown) => {
        throw new Error(`waiting deliveries and time of the next step: ${(await waiting()).join(', ')}`, { cause: error })
      })
      const counted = account(acknowledged, await store.list({}), sink.received)
      await store.close()
      for (const { child } of bridges) child.kill('SIGTERM')
      expect(await Promise.all(bridges.map(({ ended }) => ended))).toEqual([0, 0, 0])
      const first = sink.received.filter(({ step }) => step === undefined)
      const longestMs = Math.round(Math.max(...first.map(({ title, at }) => at - (postedAt.get(title) ?? at))))
      await takeovers.stop()
      const misescalated = notEscalatedOnce(postedAt.keys(), sink.received)
      return { ...counted, misescalated, alerts: postedAt.size, messages: sink.received.length, longestMs, ...takeovers.result() }
    },
  }
}

/** Sends each request to one bridge after the other until one of them confirms it, as the proxy of docker-compose.scale.yml does. */
async function openBalancer(bridges: () => readonly RunningBridge[], acknowledged: Set<string>): Promise<number> {
  let turn = 0
  async function pass(body: string, authorization: string, response: ServerResponse): Promise<void> {
    const all = bridges()
    for (const _ of all) {
      turn += 1
      const init = { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body }
      const answer = await fetch(`${all[turn % all.length]!.url}/api/v1/alerts`, init).catch(() => undefined)
      const text = await answer?.text().catch(() => '')
      if (answer?.status !== 200 || !text) continue
      acknowledged.add((JSON.parse(text) as { id: string }).id)
      return void response.end(text)
    }
    response.writeHead(503).end()
  }
  const server = await openHttpServer(
    ({ body, headers }, response) => void pass(body, String(headers['authorization']), response),
  )
  onTestFinished(() => server.close())
  return server.port
}

interface Clock {
  readonly now: number
  readonly is_standby: boolean
}

const clockOfDatabase =
  'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, pg_is_in_recovery() AS is_standby'

interface OfDeadBridge {
  readonly id: string
  readonly owner: string
  readonly alive_until: number
}

const ofDeadBridges = `SELECT d.id, d.lease_owner AS owner, o.alive_until::float8 AS alive_until
  FROM swarmwatch_bridge.deliveries d JOIN swarmwatch_bridge.owners o ON o.id = d.lease_owner
  WHERE d.state = 'pending' AND o.alive_until < $1`

/**
 * Measures how long the deliveries of dead bridges wait until another bridge may claim them: from the last sign of life, or from the moment
 * when the database can be reached again if that is later, to the last moment at which they still belonged to the dead bridge.
 */
function watchTakeovers(database: PostgresPair) {
  const waits = new Map<string, number>()
  let samples = 0
  let isStopped = false

  async function watch(connectionString: string): Promise<void> {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000, query_timeout: 2000 })
    client.on('error', () => {})
    try {
      await client.connect()
      let reachableAt: number | undefined
      while (!isStopped) {
        const { rows: clock } = await client.query<Clock>(clockOfDatabase)
        const { now, is_standby: isStandby } = clock[0]!
        if (isStandby) return
        reachableAt ??= now
        const { rows } = await client.query<OfDeadBridge>(ofDeadBridges, [now])
        samples += 1
        for (const { id, owner, alive_until: until } of rows) {
          waits.set(`${id} ${owner}`, now - Math.max(until - ownerLifeMs, reachableAt))
        }
        await pause(200)
      }
    } finally {
      await client.end().catch(() => {})
    }
  }

  const watching = (async () => {
    while (!isStopped) {
      for (const url of readDatabaseUrl(database.url)!.urls) await watch(url).catch(() => {})
      await pause(50)
    }
  })()
  return {
    stop: async () => {
      isStopped = true
      await watching
    },
    result: () => ({ samples, takeovers: waits.size, longestTakeoverMs: Math.round(Math.max(0, ...waits.values())) }),
  }
}
