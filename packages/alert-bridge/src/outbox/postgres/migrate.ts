import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Client } from 'pg'

import { StoreError } from '../store.ts'

const schema = 'swarmwatch_bridge'
const table = 'migrations'
/** Bridges that start at the same time wait for each other. */
const lockValue = 7_402_651_188

/**
 * Brings the schema to the newest version. Any number of bridges may do so at the same time.
 * @throws StoreError `newer-schema` if the schema is newer than this program
 */
export async function migrate(client: Client): Promise<void> {
  const { folder, known } = await migrations()
  if ((await applied(client, known)).length === known.length) return
  // only now, because it takes its time to load
  const { runner } = await import('node-pg-migrate')
  await runner({
    dbClient: client,
    dir: folder,
    direction: 'up',
    schema,
    createSchema: true,
    migrationsSchema: schema,
    migrationsTable: table,
    lockValue,
    advisoryLockMode: 'wait',
    log: () => {},
  })
  await applied(client, known)
}

/**
 * Changes nothing; the schema may be missing or older.
 * @throws StoreError `newer-schema` if the schema is newer than this program
 */
export async function checkSchema(client: Client): Promise<void> {
  await applied(client, (await migrations()).known)
}

/** The folder of the migrations, and their names in the order in which they are applied. */
async function migrations(): Promise<{ readonly folder: string; readonly known: readonly string[] }> {
  const folder = join(dirname(fileURLToPath(import.meta.resolve('@swarmwatch/alert-bridge/package.json'))), 'migrations')
  return { folder, known: (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).toSorted() }
}

/** Names of the migrations that were applied. */
async function applied(client: Client, known: readonly string[]): Promise<readonly string[]> {
  const exists = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [`${schema}.${table}`])
  if (exists.rows[0]?.exists !== true) return []
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${schema}.${table} ORDER BY name`)
  const names = rows.map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new StoreError(
      'newer-schema',
      `the store was written by a newer alert-bridge (schema ${unknown.at(-1)}, this version supports ${known.at(-1)}); start that version`,
    )
  }
  return names
}
