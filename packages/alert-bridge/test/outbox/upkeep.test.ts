import { join } from 'node:path'

import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { backup } from '../../src/commands/data-folder.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge, type StartedBridge } from '../helpers/started-bridge.ts'

const day = 24 * 3_600_000

test('deletes delivered messages after 30 days and dead letters after 90, and never waiting messages', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  await bridge.post('/api/v1/alerts', firing({ name: 'Delivered' }))
  await bridge.idle()
  channel.answer = () => ({ kind: 'undeliverable', reason: '550' })
  await bridge.post('/api/v1/alerts', firing({ name: 'Dead' }))
  await bridge.idle()
  const titles = async (): Promise<string[]> => (await bridge.deliveries()).map(({ title }) => title).toSorted()
  const { store } = bridge.service.core
  const forgetAfter = (days: number): Promise<number> =>
    store.forget(Date.now() + (days - 30) * day, Date.now() + (days - 90) * day)
  await forgetAfter(29)
  expect(await titles()).toEqual(['Dead', 'Delivered'])
  await forgetAfter(31)
  expect(await titles()).toEqual(['Dead'])
  await forgetAfter(91)
  expect(await titles()).toEqual([])
})

test('a running bridge deletes delivered messages after 30 days and dead letters after 90', async () => {
  const dataDir = temporaryFolder()
  const at = async (days: number): Promise<StartedBridge> =>
    startedBridge({ channels: [channel], dataDir, now: () => Date.now() + days * day })
  const channel = recordingChannel()
  const first = await at(0)
  await first.post('/api/v1/alerts', firing({ name: 'Delivered' }))
  await first.idle()
  channel.answer = () => ({ kind: 'undeliverable', reason: '550' })
  await first.post('/api/v1/alerts', firing({ name: 'Dead' }))
  await first.idle()
  await first.service.stop()
  for (const [days, left] of [
    [29, ['Dead', 'Delivered']],
    [31, ['Dead']],
    [89, ['Dead']],
    [91, []],
  ] as const) {
    const bridge = await at(days)
    const titles = async (): Promise<string[]> => (await bridge.deliveries()).map(({ title }) => title).toSorted()
    await eventually(`${left.length} to be left`, async () => (await titles()).length === left.length)
    expect(await titles()).toEqual(left)
    await bridge.service.stop()
  }
})

test('a backup made while the bridge runs holds everything', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  const folder = temporaryFolder()
  const lines: string[] = []
  const file = join(folder, 'bridge.sqlite')
  const run = (json = false): number =>
    backup({ place: { dataDir: bridge.dataDir }, file, write: (line) => lines.push(line), json })
  expect([run(), run(), run(true)]).toEqual([0, 1, 1])
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^the store was copied to /),
    expect.stringMatching(/already exists$/),
  ])
  expect(JSON.parse(lines[2]!)).toEqual({ result: 'failed', reason: `${file} already exists` })
  const { store } = openSqliteStore(folder)
  expect(await store.list({})).toMatchObject([{ title: 'AgentSlow', state: 'delivered' }])
  await store.close()
})

test('the database refuses a schema that is newer than the program', async () => {
  const folder = temporaryFolder()
  const { store } = openSqliteStore(folder)
  await store.close()
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(join(folder, 'bridge.sqlite'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => openSqliteStore(folder)).toThrow('the store was written by a newer alert-bridge (schema 99')
})
