import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { startLoad } from './load.ts'
import { runBridge } from './run-bridge.ts'
import { openSink } from './sink.ts'

test('ends in order on SIGTERM in the middle of its work, and loses and repeats nothing', async () => {
  const sink = await openSink()
  const dataDir = temporaryFolder()
  const env = { SINK_URL: sink.url, DATA_DIR: dataDir }
  const acknowledged = new Map<string, string>()
  for (let round = 0; round < 2; round += 1) {
    const bridge = await runBridge(env)
    const load = startLoad(bridge?.url ?? '', acknowledged)
    const before = acknowledged.size
    await eventually('some alerts to be acknowledged', () => acknowledged.size > before + 10)
    bridge?.child.kill('SIGTERM')
    expect(await bridge?.ended).toBe(0)
    await load.stop()
    expect(bridge?.output()).toContain('[BRIDGE] stopped; waiting deliveries are sent after the next start')
  }
  const { store } = openSqliteStore(dataDir)
  const deliveries = await store.list({})
  await store.close()
  const noticeIds = new Set(deliveries.map(({ noticeId }) => noticeId))
  expect(acknowledged.size).toBeGreaterThan(5)
  expect([...acknowledged.keys()].filter((id) => !noticeIds.has(id))).toEqual([])
  const ids = sink.received.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(
    deliveries
      .filter(({ state }) => state === 'delivered')
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(ids.toSorted())
})
