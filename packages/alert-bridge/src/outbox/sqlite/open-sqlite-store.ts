import { randomUUID } from 'node:crypto'

import { type Checkpoints, noCheckpoints } from '../../checkpoint.ts'
import type { OpenedStore, Store } from '../store.ts'
import { sqliteFailovers } from './failovers.ts'
import { groupCommit } from './group-commit.ts'
import { sqliteInbox } from './inbox.ts'
import { sqliteIncidents } from './incidents.ts'
import { sqliteOutbox } from './outbox.ts'
import { sqliteStates, sqliteUpkeep } from './upkeep.ts'
import { lockFolder, openDatabase } from './open-database.ts'

/**
 * Opens the store in a folder and makes this process its owner.
 * @throws FolderTakenError when another process has it
 */
export function openSqliteStore(folder: string, { reached }: Checkpoints = noCheckpoints): Omit<OpenedStore, 'now'> {
  const unlock = lockFolder(folder)
  try {
    const owner = randomUUID()
    const { database, setAside } = openDatabase(folder, owner.slice(0, 8))
    const { write, close } = groupCommit(database)
    const store: Store = {
      ...sqliteInbox(database, write),
      ...sqliteOutbox(database, write, { owner, reached }),
      ...sqliteIncidents(database, write),
      ...sqliteFailovers(database, write),
      ...sqliteStates(database, write),
      ...sqliteUpkeep(database, write, owner),
      close: async () => {
        await close()
        database.close()
        unlock()
      },
    }
    return { store, ...(setAside !== undefined && { setAside }) }
  } catch (error) {
    unlock()
    throw error
  }
}
