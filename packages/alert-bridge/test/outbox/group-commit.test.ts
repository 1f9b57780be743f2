import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { groupCommit } from '../../src/outbox/sqlite/group-commit.ts'

function openTable(): { database: DatabaseSync; insert: (value: unknown) => void; rows: () => unknown[] } {
  const database = new DatabaseSync(join(temporaryFolder(), 'test.sqlite'))
  onTestFinished(() => (database.isOpen ? database.close() : undefined))
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE numbers (value INTEGER NOT NULL) STRICT')
  const row = database.prepare('INSERT INTO numbers VALUES (?)')
  return {
    database,
    insert: (value) => void row.run(value as number),
    rows: () =>
      database
        .prepare('SELECT value FROM numbers ORDER BY value')
        .all()
        .map(({ value }) => value),
  }
}

test('one bad piece of a group does not take the others with it', async () => {
  const { database, insert, rows } = openTable()
  const { write } = groupCommit(database)
  const results = await Promise.allSettled([1, 'no number', 3].map((value) => write(() => insert(value))))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(rows()).toEqual([1, 3])
})

test('another reader sees a write as soon as the promise resolves', async () => {
  const { database, insert } = openTable()
  const { write } = groupCommit(database)
  await write(() => insert(7))
  const other = new DatabaseSync(database.location() ?? '', { readOnly: true })
  expect(other.prepare('SELECT count(*) AS n FROM numbers').get()?.['n']).toBe(1)
  other.close()
})

test('writes in consecutive turns share one commit', async () => {
  const { database, insert } = openTable()
  const { write } = groupCommit(database)
  const other = new DatabaseSync(database.location() ?? '', { readOnly: true })
  onTestFinished(() => other.close())
  const first = write(() => insert(1))
  const second = new Promise((resolve) => setImmediate(() => resolve(write(() => insert(2)))))
  await first
  expect(other.prepare('SELECT count(*) AS n FROM numbers').get()?.['n']).toBe(2)
  await second
})

test('continuous writers do not delay the first one', async () => {
  const { database, insert, rows } = openTable()
  const { write } = groupCommit(database)
  let isDone = false
  const first = write(() => insert(0)).then(() => (isDone = true))
  let turns = 0
  while (!isDone && turns < 1_000) {
    turns += 1
    write(() => insert(turns)).catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
  }
  await first
  expect(turns).toBeLessThan(12)
  expect(rows().length).toBeGreaterThan(1)
})

test('reports that the database is read-only, and that it is closed', async () => {
  const { database, insert } = openTable()
  const { write, close } = groupCommit(database)
  database.exec('PRAGMA query_only = ON')
  await expect(write(() => insert(1))).rejects.toMatchObject({ name: 'StoreError', reason: 'read-only' })
  database.exec('PRAGMA query_only = OFF')
  await write(() => insert(1))
  await close()
  await expect(write(() => insert(1))).rejects.toMatchObject({ reason: 'closed' })
})
