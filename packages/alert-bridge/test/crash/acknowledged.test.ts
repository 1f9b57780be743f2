import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import type { Checkpoint } from '../../src/checkpoint.ts'
import { token } from '../helpers/token.ts'
import { openSink } from './sink.ts'
import { account, notEscalatedOnce, twoSteps } from './accounting.ts'
import { startLoad } from './load.ts'
import { runBridge } from './run-bridge.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'

/** CRASHES=100 for the long run. */
const crashes = Number(process.env['CRASHES'] ?? 5)
const checkpoints: readonly (Checkpoint | 'random')[] = ['after-commit', 'before-send', 'after-send', 'while-marking', 'random']

test(
  `delivers every request that it answered with 200, although the bridge is killed ${crashes} times under load`,
  { timeout: 600_000 },
  async () => {
    const sink = await openSink()
    const dataDir = temporaryFolder()
    const acknowledged = new Map<string, string>()

    for (let crash = 0; crash < crashes; crash += 1) {
      const moment = checkpoints[crash % checkpoints.length] ?? 'random'
      const nth = 1 + Math.floor(Math.random() * 60)
      const env = {
        ...twoSteps,
        SINK_URL: sink.url,
        DATA_DIR: dataDir,
        ...(moment !== 'random' && { CRASH_AT: `${moment}:${nth}` }),
      }
      const bridge = await runBridge(env)
      if (bridge === undefined) continue // it was killed while it sent what waited, before it was ready
      const load = startLoad(bridge.url, acknowledged)
      if (moment === 'random') {
        const before = acknowledged.size
        await eventually('some alerts to be acknowledged', () => acknowledged.size >= before + nth)
        bridge.child.kill('SIGKILL')
      }
      expect(await bridge.ended).toBe('SIGKILL')
      await load.stop()
    }

    const last = await runBridge({ ...twoSteps, SINK_URL: sink.url, DATA_DIR: dataDir })
    await eventually('nothing to wait', async () => {
      const response = await fetch(`${last?.url}/api/v1/deliveries?state=pending`, {
        headers: { authorization: `Bearer ${token}` },
      })
      return ((await response.json()) as { deliveries: object[] }).deliveries.length === 0
    })
    await eventually(
      'all steps to be sent once',
      () => notEscalatedOnce(new Set(acknowledged.values()), sink.received).length === 0,
    )
    last?.child.kill('SIGTERM')
    expect(await last?.ended).toBe(0)

    const { store } = openSqliteStore(dataDir)
    const deliveries = await store.list({})
    await store.close()
    const { lost, twice, unexplained } = account(acknowledged.keys(), deliveries, sink.received)
    console.log(
      `killed ${crashes} times: ${acknowledged.size} acknowledged, ${lost.length} lost, ${twice} of ${sink.received.length} messages twice`,
    )
    expect(acknowledged.size).toBeGreaterThan(crashes)
    expect(lost).toEqual([])
    expect(unexplained).toEqual([])
  },
)
