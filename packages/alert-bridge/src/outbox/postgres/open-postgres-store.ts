import { randomUUID } from 'node:crypto'

import { type Checkpoints, noCheckpoints } from '../../checkpoint.ts'
import { openConnections } from './connections.ts'
import type { OpenedStore } from '../store.ts'
import { databaseClock } from './database-clock.ts'
import type { DatabaseAddress } from './database-url.ts'
import { postgresEscalations } from './escalations.ts'
import { postgresInbox } from './inbox.ts'
import { postgresIncidents } from './incidents.ts'
import { migrate } from './migrate.ts'
import { postgresOutbox } from './outbox.ts'
import { postgresStates, sharedStates } from './states.ts'
import { postgresSharing } from './sharing.ts'
import { databaseOf } from './transactions.ts'
import { type Owner, postgresUpkeep } from './upkeep.ts'

/** Alerts are accepted on connections of their own, so that no other work delays them. */
const maxConnections = { intake: 2, work: 4 }

/**
 * Opens the store in a PostgreSQL database, which any number of bridges share, and creates its tables if they are missing.
 * @throws StoreError if the database cannot be reached; its reason is `newer-schema` if the schema is newer than this program
 */
export async function openPostgresStore(
  address: DatabaseAddress,
  { reached }: Checkpoints = noCheckpoints,
): Promise<OpenedStore> {
  const id = randomUUID()
  const owner: Owner = { id, channels: [] }
  const clock = databaseClock()
  const askTime = clock.ask
  const intake = openConnections({ address, max: maxConnections.intake, askTime })
  const work = openConnections({ address, max: maxConnections.work, askTime })
  const closeBoth = async (): Promise<void> => void (await Promise.all([intake.close(), work.close()]))
  try {
    await work.use(migrate)
  } catch (error) {
    await closeBoth()
    throw error
  }
  const database = databaseOf(work)
  const { settled, ...inbox } = postgresInbox(database, databaseOf(intake))
  const states = sharedStates(database)
  const { close: closeSharing, ...sharing } = postgresSharing({ address, database, states, owner, askTime })
  const store = {
    ...inbox,
    ...postgresOutbox(database, { owner: id, reached }),
    ...postgresIncidents(database),
    ...postgresEscalations(database),
    ...postgresStates(states),
    ...postgresUpkeep(database, owner),
    sharing,
    close: async () => {
      await settled()
      await closeSharing()
      await database.query('DELETE FROM owners WHERE id = $1', [id]).catch(() => {})
      await closeBoth()
    },
  }
  return { store, now: clock.now }
}
