import type { Upkeep } from '../store.ts'
import type { Database, Transaction } from './transactions.ts'

/** The longest wait of a delivery. One that is due later waits only because a clock was set back. */
const maxWaitMs = 16 * 60_000
/** Deletions are done in batches of this size, so that no other write waits long for the disk. */
const batchSize = 1000
/** A bridge that has not reported for this long, which is several beats, is gone. */
export const ownerLifeMs = 12_000

const alive = `SELECT id FROM owners WHERE alive_until > (extract(epoch FROM clock_timestamp()) * 1000)::bigint`

const release = `UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, may_have_arrived = 1
  WHERE state = 'pending' AND lease_owner IS NOT NULL`

/** A bridge that uses the database; its row is deleted when it is gone. */
export interface Owner {
  readonly id: string
  /** Names of the channels that it serves. */
  channels: readonly string[]
}

/** Reports that `owner` lives. */
export function reportAlive(tx: Transaction, owner: Owner): void {
  tx.send(
    `INSERT INTO owners (id, alive_until, channels)
     VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${ownerLifeMs}, $2)
     ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until, channels = excluded.channels`,
    [owner.id, owner.channels],
  )
}

/** Releases the deliveries of a bridge that ends. Those whose outcome it could not store may have arrived. */
export function releaseOwn(tx: Transaction, { id }: Owner): void {
  tx.send(`${release} AND lease_owner = $1`, [id])
  tx.send('DELETE FROM owners WHERE id = $1', [id])
}

/** Releases the deliveries of bridges that are gone. Returns how many. */
export async function releaseAbandoned(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `WITH released AS (${release} AND lease_owner NOT IN (${alive}) RETURNING 1),
     gone AS (DELETE FROM owners WHERE id NOT IN (${alive}))
     SELECT count(*) AS count FROM released`,
  )
  return row?.count ?? 0
}

/** Maintenance of the store. */
export function postgresUpkeep({ query, transaction }: Database, owner: Owner): Upkeep {
  return {
    recover: (now) =>
      transaction(async (tx) => {
        tx.send(`UPDATE deliveries SET due_at = $1, held = NULL WHERE state = 'pending' AND held IS NOT NULL`, [now])
        tx.send(`UPDATE deliveries SET due_at = $1 WHERE state = 'pending' AND due_at > $1::bigint + ${maxWaitMs}`, [now])
        reportAlive(tx, owner)
        // if no other bridge has reported, it may be because none could reach the database; beat() releases them when they had time to
        const [row] = await tx.query<{ is_one: boolean }>(`SELECT EXISTS (${alive} AND id <> $1) AS is_one`, [owner.id])
        return row?.is_one === true ? releaseAbandoned(tx) : 0
      }),
    forget: (before, deadBefore) =>
      transaction(async (tx) => {
        const [row] = await tx.query<{ count: number }>(
          `WITH old AS (
             DELETE FROM deliveries WHERE seq IN (
               SELECT seq FROM deliveries
               WHERE (state IN ('delivered', 'collapsed') AND finished_at < $1) OR (state = 'dead' AND finished_at < $2)
               LIMIT ${batchSize} FOR UPDATE SKIP LOCKED) RETURNING 1)
           SELECT count(*) AS count FROM old`,
          [before, deadBefore],
        )
        const count = row?.count ?? 0
        if (count < batchSize) for (const statement of forgetRest) tx.send(statement, [before])
        return count
      }),
    probe: async (now) =>
      void (await query('INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at', [now])),
    channelsWithPending: async () => {
      const rows = await query<{ channel: string }>(
        `SELECT DISTINCT channel FROM deliveries WHERE state = 'pending'
           AND channel NOT IN (SELECT unnest(channels) FROM owners WHERE id <> $1)`,
        [owner.id],
      )
      return rows.map(({ channel }) => channel)
    },
  }
}

const forgetRest = [
  'DELETE FROM notices n WHERE received_at < $1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = n.id)',
  'DELETE FROM seen WHERE notified_at < $1',
  `DELETE FROM incidents WHERE updated_at < $1 AND status = 'resolved'`,
  'DELETE FROM notified WHERE updated_at < $1',
  `DELETE FROM incident_history WHERE incident_key IN (
     SELECT incident_key FROM incident_records WHERE updated_at < $1 AND state = 'resolved')`,
  `DELETE FROM incident_records WHERE updated_at < $1 AND state = 'resolved'`,
  'DELETE FROM quarantine WHERE received_at < $1',
]
