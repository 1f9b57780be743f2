import { randomUUID } from 'node:crypto'

import { type Checkpoints, noCheckpoints } from '../../checkpoint.ts'
import { type ConnectionUsage, openConnections } from './connections.ts'
import type { OpenedStore, StoreDatabase } from '../store.ts'
import { databaseClock } from './database-clock.ts'
import type { DatabaseAddress } from './database-url.ts'
import { postgresFailovers } from './failovers.ts'
import { postgresInbox } from './inbox.ts'
import { postgresIncidents } from './incidents.ts'
import { migrate } from './migrate.ts'
import { postgresOutbox } from './outbox.ts'
import { postgresStates, sharedStates } from './states.ts'
import { postgresSharing } from './sharing.ts'
import { type Database, databaseOf } from './transactions.ts'
import { type Owner, postgresUpkeep, releaseOwn } from './upkeep.ts'

/**
 * Alerts are accepted on connections of their own, so that no other work delays them. So is the report that this bridge lives: if slow work
 * delayed it, the others would take the deliveries of a bridge that is still sending them.
 */
const maxConnections = { intake: 2, work: 4, vital: 1 }

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
  const usage: ConnectionUsage = { failures: 0, waitedMs: 0 }
  const open = (max: number) => openConnections({ address, max, askTime, usage })
  const intake = open(maxConnections.intake)
  const work = open(maxConnections.work)
  const vital = open(maxConnections.vital)
  const closeAll = async (): Promise<void> => void (await Promise.all([intake.close(), work.close(), vital.close()]))
  try {
    await vital.use(migrate)
  } catch (error) {
    await closeAll()
    throw error
  }
  const database = databaseOf(work)
  const { settled, ...inbox } = postgresInbox(database, databaseOf(intake))
  const states = sharedStates(database)
  const { close: closeSharing, ...sharing } = postgresSharing({ address, database: databaseOf(vital), states, owner, askTime })
  const store = {
    ...inbox,
    ...postgresOutbox(database, { owner: id, reached }),
    ...postgresIncidents(database),
    ...postgresFailovers(database),
    ...postgresStates(states),
    ...postgresUpkeep(database, owner),
    sharing,
    database: {
      connections: () => ({ failures: usage.failures, waitedSeconds: usage.waitedMs / 1000 }),
      measure: () => measureDatabase(database),
    },
    close: async () => {
      await settled()
      await closeSharing()
      await database.transaction((tx) => releaseOwn(tx, owner)).catch(() => {})
      await closeAll()
    },
  }
  return { store, now: clock.now }
}

interface Measured {
  readonly size_bytes: number
  readonly lag_seconds: number | null
}

/** A role without `pg_monitor` sees no state of a standby. */
async function measureDatabase({ query }: Database): ReturnType<StoreDatabase['measure']> {
  const [row] = await query<Measured>(
    `SELECT (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
         WHERE relnamespace = 'swarmwatch_bridge'::regnamespace AND relkind = 'r') AS size_bytes,
       (SELECT max(coalesce(extract(epoch FROM replay_lag), 0))::float8 FROM pg_stat_replication
         WHERE state = 'streaming') AS lag_seconds`,
  )
  return { sizeBytes: row!.size_bytes, standbyLagSeconds: row!.lag_seconds ?? undefined }
}
