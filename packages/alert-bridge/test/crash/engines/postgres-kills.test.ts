import { setTimeout as pause } from 'node:timers/promises'

import { eventually, openPostgres, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

import { readDatabaseUrl } from '../../../src/outbox/postgres/database-url.ts'
import { openPostgresStore } from '../../../src/outbox/postgres/open-postgres-store.ts'
import { firing } from '../../helpers/alert-groups.ts'
import { token } from '../../helpers/token.ts'
import { openTcpProxy } from '../../outbox/engines/tcp-proxy.ts'
import { account, twoSteps } from '../accounting.ts'
import { runBridge, type RunningBridge } from '../run-bridge.ts'
import { openSink } from '../sink.ts'

/** KILLS=100 and DATABASE_KILLS=20 for the long run. */
const kills = Number(process.env['KILLS'] ?? 6)
const databaseKills = Number(process.env['DATABASE_KILLS'] ?? 2)

describe.skipIf(whyNoPostgres() !== undefined)('three bridges on one PostgreSQL', () => {
  test(
    `deliver every request that was answered with 200, although bridges are killed ${kills} times and the database ${databaseKills} times`,
    { timeout: 1_800_000 },
    async () => {
      await using server = await openPostgres()
      const proxy = await openTcpProxy(server.url)
      onTestFinished(proxy.close)
      const sink = await openSink()
      const start = async (): Promise<RunningBridge> => {
        const bridge = await runBridge({ ...twoSteps, SINK_URL: sink.url, DATABASE_URL: proxy.url })
        if (bridge === undefined) throw new Error('the bridge did not start')
        return bridge
      }
      const bridges = await Promise.all([start(), start(), start()])
      onTestFinished(() => bridges.forEach(({ child }) => child.kill('SIGKILL')))
      const load = startRetryingLoad(() => bridges)
      const isDatabaseKill = (round: number): boolean =>
        Math.floor(((round + 1) * databaseKills) / (kills + databaseKills)) >
        Math.floor((round * databaseKills) / (kills + databaseKills))

      for (let round = 0; round < kills + databaseKills; round += 1) {
        const before = load.acknowledged.size
        const more = 20 + Math.floor(Math.random() * 100)
        await eventually('some alerts to be acknowledged', () => load.acknowledged.size >= before + more)
        if (isDatabaseKill(round)) {
          await server.kill()
          proxy.cut()
          proxy.heal(await server.start())
          continue
        }
        const index = Math.floor(Math.random() * bridges.length)
        bridges[index]!.child.kill('SIGKILL')
        await bridges[index]!.ended
        bridges[index] = await start()
      }
      await load.stop()
      const stoppedAt = performance.now()
      const { store } = await openPostgresStore(readDatabaseUrl(proxy.url)!)
      onTestFinished(() => store.close())
      await eventually('nothing to wait', async () => (await store.countPending(1)) === 0, { withinMs: 600_000 })
      const seconds = Math.round((performance.now() - stoppedAt) / 1000)
      const { lost, twice, unexplained } = account(load.acknowledged, await store.list({}), sink.received)
      console.log(
        `${kills} bridges and ${databaseKills} databases killed: ${load.acknowledged.size} acknowledged, ${lost.length} lost, ` +
          `${twice} of ${sink.received.length} messages twice, all delivered ${seconds} s after the load`,
      )
      expect(lost).toEqual([])
      expect(unexplained).toEqual([])
      for (const { child } of bridges) child.kill('SIGTERM')
      expect(await Promise.all(bridges.map(({ ended }) => ended))).toEqual([0, 0, 0])
    },
  )

  test('are replaced one after the other without a loss or a repetition', async () => {
    await using server = await openPostgres()
    const sink = await openSink()
    const start = async (): Promise<RunningBridge> => (await runBridge({ SINK_URL: sink.url, DATABASE_URL: server.url }))!
    const bridges = await Promise.all([start(), start(), start()])
    onTestFinished(() => bridges.forEach(({ child }) => child.kill('SIGKILL')))
    const load = startRetryingLoad(() => bridges)
    for (const index of [0, 1, 2]) {
      const before = load.acknowledged.size
      await eventually('some alerts to be acknowledged', () => load.acknowledged.size >= before + 50)
      bridges[index]!.child.kill('SIGTERM')
      expect(await bridges[index]!.ended).toBe(0)
      bridges[index] = await start()
    }
    await load.stop()
    const { store } = await openPostgresStore(readDatabaseUrl(server.url)!)
    onTestFinished(() => store.close())
    await eventually('nothing to wait', async () => (await store.countPending(1)) === 0, { withinMs: 600_000 })
    const { lost, twice } = account(load.acknowledged, await store.list({}), sink.received)
    expect({ lost, twice }).toEqual({ lost: [], twice: 0 })
  })
})

interface RetryingLoad {
  /** Ids that were answered 200. */
  readonly acknowledged: Set<string>
  readonly stop: () => Promise<void>
}

/** Posts groups as a load balancer passes them on: each to one bridge after the other until one of them answers 200. */
function startRetryingLoad(bridges: () => readonly RunningBridge[], connections = 4): RetryingLoad {
  const acknowledged = new Set<string>()
  let isStopped = false
  let posted = 0
  let turn = 0

  async function post(): Promise<void> {
    while (!isStopped) {
      posted += 1
      const body = JSON.stringify(firing({ name: `Alert${posted}` }))
      for (let isAccepted = false; !isAccepted;) isAccepted = await postOnce(body)
    }
  }

  async function postOnce(body: string): Promise<boolean> {
    const all = bridges()
    turn += 1
    try {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${all[turn % all.length]!.url}/api/v1/alerts`, { method: 'POST', headers, body })
      const { id } = (await response.json()) as { id: string }
      if (response.status === 200) acknowledged.add(id)
      return response.status === 200
    } catch {
      // as Alertmanager, which does not retry at once
      await pause(20)
      return false
    }
  }

  const done = Promise.all(Array.from({ length: connections }, post))
  return {
    acknowledged,
    stop: async () => {
      isStopped = true
      await done
    },
  }
}
