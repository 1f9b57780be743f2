import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { FolderTakenError } from '../store-error.ts'
import { storeErrorOf } from './store-error-of.ts'

/**
 * Makes this process the one owner of a data folder until the returned function is called or the process ends, however it ends:
 * the lock is the operating system's, taken by SQLite on an empty database.
 * @throws FolderTakenError where another process owns it, and an Error with its name where it cannot be written
 */
export function lockFolder(folder: string): () => void {
  try {
    makeFolder(folder)
  } catch (error) {
    throw new Error(`the data folder ${folder} cannot be made: ${(error as Error).message}`, { cause: error })
  }
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(folder, 'owner.lock'), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    const locked = database
    return () => locked.close()
  } catch (error) {
    database?.close()
    if (storeErrorOf(error).reason === 'locked') throw new FolderTakenError(folder, { cause: error })
    throw new Error(`the data folder ${folder} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

/** With those above it. Not `recursive`, which never returns where the system finds a folder but makes none in it, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const above = dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process has made it meanwhile
    if (!existsSync(folder)) throw error
  }
}
