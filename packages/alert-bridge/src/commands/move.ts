import { existsSync, renameSync } from 'node:fs'

import type { Secret } from '@swarmwatch/config'
import type { ExitCode } from '@swarmwatch/config/command-line'

import { readDatabaseUrl } from '../outbox/postgres/database-url.ts'
import { databaseFile, lockFolder, openDatabase } from '../outbox/sqlite/open-database.ts'

/** Options for {@link move}. */
export interface MoveOptions {
  /** The data folder of a bridge that does not run. */
  readonly folder: string
  readonly databaseUrl: Secret | undefined
  readonly write: (line: string) => void
}

/**
 * Moves everything that a bridge stored in a folder to the PostgreSQL database, and renames the file in the folder so that no bridge sends
 * its deliveries again. Can be repeated after an interruption. Returns the exit code.
 */
export async function move({ folder, databaseUrl, write }: MoveOptions): Promise<ExitCode> {
  const address = databaseUrl && readDatabaseUrl(databaseUrl.reveal())
  if (address === undefined) return failed(write, 'BRIDGE_DATABASE_URL, or BRIDGE_DATABASE_URL_FILE, is not set')
  const file = databaseFile(folder)
  if (!existsSync(file)) return failed(write, `there is no store in ${folder}`)
  let unlock: (() => void) | undefined
  try {
    unlock = lockFolder(folder)
    const { database, setAside } = openDatabase(folder, `${Date.now()}`)
    try {
      if (setAside !== undefined) return failed(write, `the store was damaged; it was renamed to ${setAside}`)
      const { importInbox } = await import('../outbox/postgres/import-inbox.ts')
      for (const { table, rows, known } of await importInbox(database, address)) {
        write(`${table}: ${rows} rows verified, ${rows - known} of them copied`)
      }
      // all rows are in one file afterwards
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
    const moved = `${file}.moved-${Date.now()}`
    for (const ending of ['', '-wal', '-shm']) if (existsSync(file + ending)) renameSync(file + ending, moved + ending)
    write(`moved to PostgreSQL at ${address.shown}; the old store is ${moved}`)
    return 0
  } catch (error) {
    return failed(write, error instanceof Error ? error.message : String(error))
  } finally {
    unlock?.()
  }
}

function failed(write: (line: string) => void, reason: string): ExitCode {
  write(`nothing was moved: ${reason}`)
  return 1
}
