import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { FolderTakenError } from '../store-error.ts'

/**
 * Makes this process the one owner of a data folder until the returned function is called or the process ends, however it ends:
 * the lock is the operating system's, taken by SQLite on an empty database.
 * @throws FolderTakenError
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(folder, 'owner.lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === 5) throw new FolderTakenError(folder, { cause: error })
    throw error
  }
  return () => database.close()
}
