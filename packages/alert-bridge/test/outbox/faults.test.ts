import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test, type TestContext } from 'vitest'

import { databaseFile, openDatabase } from '../../src/outbox/sqlite/open-database.ts'
import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

/** A small disk of its own; skips the test where that cannot be had. */
function smallDisk({ skip }: TestContext, size: string): string {
  const folder = temporaryFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  if (mounted.status !== 0) skip('needs root, to mount a small disk')
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return folder
}

test('answers 503 while the disk is full, loses nothing, and takes alerts again when there is room', async (context) => {
  const dataDir = smallDisk(context, '4m')
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, stormWindowMs: 0 }, dataDir })
  const filler = { summary: 'x'.repeat(50_000) }
  const kept: string[] = []
  const statuses = new Set<number>()
  for (let index = 0; index < 200 && !statuses.has(503); index += 1) {
    const response = await bridge.post('/api/v1/alerts', firing({ name: `A${index}`, commonAnnotations: filler }))
    statuses.add(response.status)
    if (response.status === 200) kept.push(((await response.json()) as { id: string }).id)
  }
  // the payload is not kept, only the notice: fill what is left
  writeFileSync(join(dataDir, 'filler'), '')
  while (fill(dataDir));
  const full = await bridge.post('/api/v1/alerts', firing({ name: 'Full' }))
  expect([full.status, await full.json()]).toEqual([503, { error: 'cannot store: full' }])
  expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200)
  await eventually('it to be unready', async () => (await fetch(`${bridge.url}/readyz`)).status === 503)
  expect(bridge.lines.filter((line) => line.includes('the store cannot write (full)'))).toHaveLength(1)

  spawnSync('mount', ['-o', 'remount,size=32m', dataDir])
  const again = await bridge.post('/api/v1/alerts', firing({ name: 'Full' }))
  expect(again.status).toBe(200)
  kept.push(((await again.json()) as { id: string }).id)
  await bridge.idle()
  expect((await bridge.deliveries('delivered')).map(({ noticeId }) => noticeId).toSorted()).toEqual(kept.toSorted())
  await bridge.service.stop()
})

/** Writes 4 kB more to a file; false when the disk is full. */
function fill(folder: string): boolean {
  try {
    writeFileSync(join(folder, 'filler'), 'x'.repeat(4096), { flag: 'a' })
    return true
  } catch {
    return false
  }
}

test('answers 503 while another process has locked the database, and continues afterwards', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  const other = new DatabaseSync(databaseFile(bridge.dataDir))
  onTestFinished(() => (other.isOpen ? other.close() : undefined))
  other.exec('BEGIN IMMEDIATE')
  const locked = await bridge.post('/api/v1/alerts', firing())
  expect([locked.status, await locked.json()]).toEqual([503, { error: 'cannot store: locked' }])
  other.exec('ROLLBACK')
  other.close()
  expect((await bridge.post('/api/v1/alerts', firing())).status).toBe(200)
  await bridge.idle()
  expect(channel.delivered).toHaveLength(1)
})

test('does not start on a database that is locked, and leaves the folder to the next try', async () => {
  const dataDir = temporaryFolder()
  const { database: other } = openDatabase(dataDir, 'other')
  onTestFinished(() => (other.isOpen ? other.close() : undefined))
  other.exec('BEGIN IMMEDIATE')
  await expect(startedBridge({ channels: [recordingChannel()], dataDir })).rejects.toMatchObject({ reason: 'locked' })
  other.exec('ROLLBACK')
  other.close()
  const bridge = await startedBridge({ channels: [recordingChannel()], dataDir })
  expect((await bridge.post('/api/v1/alerts', firing())).status).toBe(200)
})

test('marks a sent delivery as soon as the database is unlocked, and does not send it again', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  const other = new DatabaseSync(databaseFile(bridge.dataDir))
  onTestFinished(() => (other.isOpen ? other.close() : undefined))
  channel.answer = () => {
    other.exec('BEGIN IMMEDIATE')
    return { kind: 'delivered' }
  }
  await bridge.post('/api/v1/alerts', firing())
  await eventually('it to be sent', () => channel.tries.length === 1)
  await expect(bridge.service.core.store.probe(0)).rejects.toMatchObject({ reason: 'locked' })
  other.exec('ROLLBACK')
  other.close()
  await bridge.idle()
  expect(channel.tries).toHaveLength(1)
  expect(await bridge.deliveries('delivered')).toHaveLength(1)
})

test.each([
  ['is no database', (file: string) => writeFileSync(file, 'not a database, '.repeat(1000))],
  ['has a damaged page', damagePage],
])('moves a file aside that %s, logs it, and starts', async (_, damage) => {
  const channel = recordingChannel()
  const first = await startedBridge({ channels: [channel] })
  for (let index = 0; index < 20; index += 1) await first.post('/api/v1/alerts', firing({ name: `A${index}` }))
  await first.service.stop()
  damage(databaseFile(first.dataDir))
  const notified = channel.delivered.length
  const second = await startedBridge({ channels: [channel], dataDir: first.dataDir })
  expect((await second.post('/api/v1/alerts', firing({ name: 'New' }))).status).toBe(200)
  await second.idle()
  expect(channel.delivered.slice(notified).map(({ notice }) => notice.title)).toContain('The database of the bridge was damaged')
  expect(channel.delivered.slice(notified).map(({ notice }) => notice.title)).toContain('New')
  expect(second.lines.join('\n')).toContain('the database was damaged; it was moved to ')
  expect(readdirSync(first.dataDir).some((name) => /^bridge\.sqlite\.damaged-[0-9a-f]{8}$/.test(name))).toBe(true)
})

/** Overwrites a page in the middle, as a failing disk would. */
function damagePage(file: string): void {
  const database = new DatabaseSync(file)
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
  database.close()
  for (let page = 2; page < pages; page += 1) {
    spawnSync('dd', ['if=/dev/urandom', `of=${file}`, 'bs=4096', 'count=1', `seek=${page}`, 'conv=notrunc'])
  }
}
