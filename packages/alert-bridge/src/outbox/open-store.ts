import type { Secret } from '@swarmwatch/config'

import { type Checkpoints, noCheckpoints } from '../checkpoint.ts'
import { steadyClock } from '../clock.ts'
import { readDatabaseUrl } from './postgres/database-url.ts'
import { openSqliteStore } from './sqlite/open-sqlite-store.ts'
import type { OpenedStore } from './store.ts'

/** Where alerts are stored. */
export interface StorePlace {
  readonly dataDir: string
  /** A PostgreSQL database in place of the folder. */
  readonly databaseUrl?: Secret | undefined
}

/**
 * Opens the store of a bridge: the PostgreSQL database if there is one, else SQLite in the folder.
 * @throws FolderTakenError when another process has the folder
 */
export async function openStore(
  { dataDir, databaseUrl }: StorePlace,
  checkpoints: Checkpoints = noCheckpoints,
): Promise<OpenedStore> {
  if (databaseUrl === undefined) return { ...openSqliteStore(dataDir, checkpoints), now: steadyClock() }
  const address = readDatabaseUrl(databaseUrl.reveal())
  if (address === undefined) throw new TypeError('the URL of the database must be a postgres:// or postgresql:// URL')
  // only now, because few bridges need the driver
  const { openPostgresStore } = await import('./postgres/open-postgres-store.ts')
  return openPostgresStore(address, checkpoints)
}
