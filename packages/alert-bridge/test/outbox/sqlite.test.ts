import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect, test } from 'vitest'

import { databaseFile, openDatabase } from '../../src/outbox/sqlite/open-database.ts'
import { openSqliteStore } from '../../src/outbox/sqlite/open-sqlite-store.ts'
import { storeConformance } from './conformance.ts'

describe('conformance', () => {
  storeConformance(async (checkpoints) => {
    const folder = temporaryFolder()
    return {
      store: openSqliteStore(folder, checkpoints).store,
      takeOver: async () => {
        // what is on disk at this moment, as a process leaves it that is killed
        const left = temporaryFolder()
        for (const name of readdirSync(folder)) if (name.startsWith('bridge.')) cpSync(join(folder, name), join(left, name))
        return openSqliteStore(left).store
      },
    }
  })
})

test('a store of the first version is brought to the newest with all that is in it', async () => {
  const folder = temporaryFolder()
  const { store: newest } = openSqliteStore(folder)
  await newest.accept({ receivedAt: 1 }, () => ({
    kind: 'keep',
    notice: { kind: 'firing', severity: 'warning', incidentKey: 'A', title: 'A', alerts: [] },
    recipients: [{ channel: 'main', recipient: 'people' }],
  }))
  await newest.close()
  const database = new DatabaseSync(databaseFile(folder))
  const schema = (of: DatabaseSync): unknown => of.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()
  const wanted = schema(database)
  // what later versions added is taken away again
  database.exec(
    'DROP INDEX pending_digest; DROP TABLE meta_states; DROP TABLE peers; DROP TABLE incident_records; DROP TABLE incident_history; DROP INDEX pending_steps; DROP TABLE calendars; PRAGMA user_version = 1',
  )
  database.close()
  const { store } = openSqliteStore(folder)
  expect(await store.list({})).toMatchObject([{ title: 'A', state: 'pending' }])
  await store.close()
  const after = new DatabaseSync(databaseFile(folder))
  expect(schema(after)).toEqual(wanted)
  expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 6 })
  after.close()
})

test('writes to disk before it acknowledges: WAL, synchronous FULL', () => {
  const folder = temporaryFolder()
  const { database } = openDatabase(folder, 'x')
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  expect([pragma('journal_mode'), pragma('synchronous')]).toEqual(['wal', 2])
  database.close()
})
