import { existsSync, renameSync } from 'node:fs'

import type { Secret } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import { readDatabaseUrl } from '../outbox/postgres/database-url.ts'
import { databaseFile, lockFolder, openDatabase } from '../outbox/sqlite/open-database.ts'

/** Options for {@link move}. */
export interface MoveOptions {
  /** The data folder of a bridge that does not run. */
  readonly folder: string
  readonly databaseUrl: Secret | undefined
  readonly write: (line: string) => void
  /** Whether the result is one JSON document. @default false */
  readonly json?: boolean
}

interface MovedTable {
  readonly table: string
  /** Rows that are in the database now. */
  readonly rows: number
  /** Those that were not there before. */
  readonly copied: number
}

/**
 * Moves everything that a bridge stored in a folder to the PostgreSQL database, and renames the file in the folder so that no bridge sends
 * its deliveries again. Can be repeated after an interruption. Returns the exit code.
 */
export async function move({ folder, databaseUrl, write, json = false }: MoveOptions): Promise<ExitCode> {
  const tables: MovedTable[] = []
  try {
    const { database, oldStore } = await moveStore(folder, databaseUrl, (moved) => {
      tables.push(moved)
      if (!json) write(`${moved.table}: ${moved.rows} rows verified, ${moved.copied} of them copied`)
    })
    write(
      json
        ? asJson({ result: 'moved', database, tables, oldStore })
        : `moved to PostgreSQL at ${database}; the old store is ${oldStore}`,
    )
    return 0
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    write(json ? asJson({ result: 'failed', reason, tables }) : `nothing was moved: ${reason}`)
    return 1
  }
}

/** Returns the address of the database without its password, and the new name of the old file. */
async function moveStore(
  folder: string,
  databaseUrl: Secret | undefined,
  onTable: (moved: MovedTable) => void,
): Promise<{ readonly database: string; readonly oldStore: string }> {
  const address = databaseUrl && readDatabaseUrl(databaseUrl.reveal())
  if (address === undefined) throw new Error('BRIDGE_DATABASE_URL, or BRIDGE_DATABASE_URL_FILE, is not set')
  const file = databaseFile(folder)
  if (!existsSync(file)) throw new Error(`there is no store in ${folder}`)
  const unlock = lockFolder(folder)
  try {
    const { database, setAside } = openDatabase(folder, `${Date.now()}`)
    try {
      if (setAside !== undefined) throw new Error(`the store was damaged; it was renamed to ${setAside}`)
      const { importInbox } = await import('../outbox/postgres/import-inbox.ts')
      for (const { table, rows, known } of await importInbox(database, address)) onTable({ table, rows, copied: rows - known })
      // all rows are in one file afterwards
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
    const oldStore = `${file}.moved-${Date.now()}`
    for (const ending of ['', '-wal', '-shm']) if (existsSync(file + ending)) renameSync(file + ending, oldStore + ending)
    return { database: address.shown, oldStore }
  } finally {
    unlock()
  }
}
