import { join } from 'node:path'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { memoryOnceStore, postgresOnceStore, sqliteOnceStore } from '../../src/index.ts'
import { testOnceStore } from './store-conformance.ts'

testOnceStore('the store in memory', () => ({ store: memoryOnceStore() }))

testOnceStore('the SQLite store', () => {
  const path = join(temporaryFolder(), 'once.db')
  return { store: sqliteOnceStore(path), open: () => sqliteOnceStore(path) }
})

test('the SQLite store deletes calls after keepDays', async () => {
  const path = join(temporaryFolder(), 'once.db')
  const call = { executionId: 'run', tool: 'pay', key: 'key:1', number: 1 }
  const store = sqliteOnceStore(path)
  await store.begin(call, 'owner')
  await store.close()
  expect(await sqliteOnceStore(path, { keepDays: 1 }).load('run')).toHaveLength(1)
  expect(await sqliteOnceStore(path, { keepDays: 1e-9 }).load('run')).toEqual([])
})

test('a keepDays that is not a number of days above 0 is rejected', () => {
  for (const keepDays of [0, -1, Number.NaN, Infinity, '7' as never]) {
    expect(() => sqliteOnceStore(':memory:', { keepDays })).toThrow('keepDays must be a number of days above 0')
    expect(() => postgresOnceStore('postgres://localhost', { keepDays })).toThrow('keepDays must be a number of days above 0')
  }
})

test('a SQLite store that cannot be opened is an error at once, with the path and the cure', () => {
  const path = join(temporaryFolder(), 'missing', 'once.db')
  expect(() => sqliteOnceStore(path)).toThrow(
    `cannot open ${JSON.stringify(path)}: check its folder, its owner and the free space`,
  )
})

test('a PostgreSQL store that nothing answers reports its error at the first call, not before', async () => {
  const store = postgresOnceStore('postgres://nobody@127.0.0.1:1/none')
  await expect(async () => store.load('run')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await store.close()
})
