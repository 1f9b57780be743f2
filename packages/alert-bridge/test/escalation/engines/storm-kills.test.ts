import { eventually, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

import { deliveryTimes } from '../../../src/deliveries/delivery-context.ts'
import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import { runBridge, type RunningBridge } from '../../crash/run-bridge.ts'
import { openSink } from '../../crash/sink.ts'
import { firing } from '../../helpers/alert-groups.ts'
import { token } from '../../helpers/token.ts'
import { postgresForTests } from '../../outbox/engines/postgres-server.ts'
import { step } from '../moved-clock.ts'

/** INCIDENTS=1000 and SECOND_AFTER=60 for the long run. */
const count = Number(process.env['INCIDENTS'] ?? 60)
/** Seconds until the second step. */
const secondAfter = Number(process.env['SECOND_AFTER'] ?? 8)

describe.skipIf(whyNoPostgres() !== undefined)('three bridges on one PostgreSQL that are killed in a storm', () => {
  const { newDatabase } = postgresForTests()

  test('notify the second person of each incident, and again only of what may have arrived', { timeout: 600_000 }, async () => {
    const url = await newDatabase()
    const sink = await openSink()
    const { stepWaitMs, stepWindowMs } = deliveryTimes
    const steps = [step(0, { recipients: ['first@example.com'] }), step(secondAfter, { recipients: ['second@example.com'] })]
    const env = {
      SINK_URL: sink.url,
      DATABASE_URL: url,
      TIMES: JSON.stringify({ stepWaitMs, stepWindowMs }),
      ESCALATION: JSON.stringify(steps),
    }
    const start = async (): Promise<RunningBridge> => (await runBridge(env))!
    const bridges = await Promise.all([start(), start(), start()])
    onTestFinished(() => bridges.forEach(({ child }) => child.kill('SIGKILL')))
    const kill = async (indexes: readonly number[]): Promise<void> => {
      for (const index of indexes) bridges[index]!.child.kill('SIGKILL')
      for (const index of indexes) bridges[index] = await start()
    }
    const postedAt = new Map<string, number>()
    const post = async (name: string, url: string): Promise<void> => {
      postedAt.set(name, performance.now())
      const headers = { authorization: `Bearer ${token}` }
      const body = JSON.stringify(firing({ name, severity: 'critical' }))
      expect((await fetch(`${url}/api/v1/alerts`, { method: 'POST', headers, body })).status).toBe(200)
    }
    for (let index = 0; index < count; index += 3) {
      await Promise.all(bridges.map(({ url: to }, more) => post(`Alert${index + more}`, to)))
    }

    const sent = () => sink.received.filter(({ recipient }) => recipient === 'second@example.com')
    await eventually('a first message', () => sent().length > 0, { withinMs: 300_000, everyMs: 1 })
    // while messages are on their way, and while further steps wait for the next one
    await kill([0, 1, 2])
    await kill([0])
    await eventually('each incident', () => new Set(sent().map(({ title }) => title)).size === postedAt.size, {
      withinMs: 300_000,
    })
    const { store } = await openPostgresStore(readDatabaseUrl(url)!)
    onTestFinished(() => store.close())
    await eventually('nothing to wait', async () => (await store.countPending(1)) === 0, { withinMs: 300_000 })
    const messages = [...Map.groupBy(sent(), ({ title }) => title)]
    const latest = Math.max(...messages.map(([title, [first]]) => first!.at - postedAt.get(title)! - secondAfter * 1000))
    const twice = messages.filter(([, all]) => all.length > 1)
    console.log(`${messages.length} incidents, the latest ${Math.round(latest)} ms after its step was due, ${twice.length} twice`)
    expect(twice.filter(([, [, ...again]]) => again.some(({ mayHaveArrived }) => !mayHaveArrived))).toEqual([])
  })
})
