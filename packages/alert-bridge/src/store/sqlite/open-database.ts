import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { migrate } from './migrations.ts'

const fileName = 'bridge.sqlite'

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** Where a damaged file was put, if there was one. */
  readonly setAside?: string
}

/**
 * Opens the database of a data folder that this process owns. A damaged one is renamed, because a bridge must start.
 * @param suffix makes the new name of a damaged file
 */
export function openDatabase(folder: string, suffix: string): OpenedDatabase {
  const file = databaseFile(folder)
  try {
    return { database: openChecked(file) }
  } catch (error) {
    if (!isDamage(error)) throw error
    const setAside = `${file}.damaged-${suffix}`
    for (const ending of ['', '-wal', '-shm']) {
      if (existsSync(file + ending)) renameSync(file + ending, setAside + ending)
    }
    return { database: openChecked(file), setAside }
  }
}

/** The database of a data folder. */
export function databaseFile(folder: string): string {
  return join(folder, fileName)
}

function openChecked(file: string): DatabaseSync {
  // the event loop stands still while SQLite waits for a lock, so it must not wait long
  const database = new DatabaseSync(file, { timeout: 250 })
  try {
    assertVersion(database)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000')
    database.exec('PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000')
    const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
    if (found !== 'ok') throw new DamagedError(found)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class DamagedError extends Error {
  override readonly name = 'DamagedError'
}

function isDamage(error: unknown): boolean {
  // 11 corrupt, 26 not a database
  const code = ((error as { errcode?: number }).errcode ?? 0) % 256
  return error instanceof DamagedError || code === 11 || code === 26
}

function assertVersion(database: DatabaseSync): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  // before 3.51.3 two connections could lose the end of the WAL
  if (major * 1e6 + minor * 1e3 + patch < 3_051_003) {
    throw new Error(`SQLite must be 3.51.3 or newer, this Node has ${version}; use Node 24.15 or newer`)
  }
}
