import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import type { ExitCode } from '@swarmwatch/config/command-line'

import { databaseFile } from '../outbox/sqlite/open-database.ts'

export interface BackupOptions {
  readonly dataDir: string
  readonly file: string
  readonly write: (line: string) => void
}

/** Writes a copy of the store, also while a bridge uses it. Returns the exit code. */
export function backup({ dataDir, file, write }: BackupOptions): ExitCode {
  const source = databaseFile(dataDir)
  if (file === '') return failed(write, 'the name of the file is empty')
  if (!existsSync(source)) return failed(write, `there is no store in ${dataDir}; BRIDGE_DATA_DIR must be that of the bridge`)
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

function failed(write: (line: string) => void, reason: string): ExitCode {
  write(`the backup failed: ${reason}`)
  return 1
}
