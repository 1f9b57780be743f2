import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { databaseFile } from '../store/sqlite/open-database.ts'

export interface BackupOptions {
  readonly dataDir: string
  readonly file: string
  readonly write: (line: string) => void
}

/** Writes a copy of the store, also while a bridge runs on it. Gives the exit code. */
export function backup({ dataDir, file, write }: BackupOptions): number {
  const source = databaseFile(dataDir)
  if (!existsSync(source)) return failed(write, `there is no store in ${dataDir}`)
  if (existsSync(file)) return failed(write, `${file} exists already`)
  const database = new DatabaseSync(source, { readOnly: true, timeout: 5_000 })
  try {
    database.prepare('VACUUM INTO ?').run(file)
    write(`the store was copied to ${file}`)
    return 0
  } catch (error) {
    return failed(write, error instanceof Error ? error.message : String(error))
  } finally {
    database.close()
  }
}

function failed(write: (line: string) => void, reason: string): number {
  write(`the backup failed: ${reason}`)
  return 1
}
