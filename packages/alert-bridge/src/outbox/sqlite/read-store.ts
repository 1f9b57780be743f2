import type { DatabaseSync } from 'node:sqlite'

import type { Notice } from '../../message/notice.ts'
import type { Bucket, MetaState, Quarantined, Store } from '../store.ts'
import { deliveryColumns, deliveryOf, type DeliveryRow, ranks } from './rows.ts'

export type ReadStore = Pick<
  Store,
  | 'list'
  | 'listQuarantined'
  | 'quarantinedBody'
  | 'countPending'
  | 'nextDueAt'
  | 'nextEscalationAt'
  | 'oldestPendingAt'
  | 'pendingDigest'
  | 'channelsWithPending'
  | 'bucket'
  | 'metaStates'
>

/** What LIMIT takes for no limit. */
const all = -1

/** What can be asked of the store. */
export function readStore(database: DatabaseSync): ReadStore {
  const joined = `SELECT ${deliveryColumns} FROM deliveries d JOIN notices n ON n.id = d.notice_id`
  const ofAny = database.prepare(`${joined} ORDER BY d.seq DESC LIMIT ?`)
  const ofState = database.prepare(`${joined} WHERE d.state = ? ORDER BY d.seq DESC LIMIT ?`)
  const quarantined = database.prepare(
    'SELECT id, received_at AS receivedAt, reason, size FROM quarantine ORDER BY rowid DESC LIMIT ?',
  )
  const body = database.prepare('SELECT body FROM quarantine WHERE id = ?')
  const pending = database.prepare(`SELECT count(*) AS count FROM (SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT ?)`)
  // what is leased counts too, so that a delivery that never comes back is looked at again
  const nextDue = database.prepare(
    `SELECT min(due_at) AS at FROM deliveries INDEXED BY pending_due WHERE state = 'pending' AND channel = ?`,
  )
  const nextCritical = database.prepare(
    `SELECT min(due_at) AS at FROM deliveries INDEXED BY pending_order WHERE state = 'pending' AND channel = ? AND rank = ${ranks.critical}`,
  )
  const nextEscalation = database.prepare('SELECT min(escalate_at) AS at FROM notices WHERE escalate_at IS NOT NULL')
  const oldest = database.prepare(`SELECT min(created_at) AS at FROM deliveries WHERE state = 'pending' AND held IS NULL`)
  const digest = database.prepare(
    `SELECT d.id, n.notice FROM deliveries d INDEXED BY pending_digest JOIN notices n ON n.id = d.notice_id
     WHERE d.state = 'pending' AND d.kind = 'digest' AND d.lease_until IS NULL AND d.channel = ? AND d.recipient = ?`,
  )
  const channels = database.prepare(`SELECT DISTINCT channel FROM deliveries WHERE state = 'pending'`)
  const bucket = database.prepare('SELECT tokens, at, paused_until AS pausedUntil FROM buckets WHERE channel = ?')
  const metaStates = database.prepare('SELECT state FROM meta_states')

  return {
    list: async ({ state, limit = all }) => {
      const rows = state === undefined ? ofAny.all(limit) : ofState.all(state, limit)
      return (rows as unknown as DeliveryRow[]).map(deliveryOf)
    },
    listQuarantined: async (limit = all) => quarantined.all(limit).map((row) => ({ ...row }) as unknown as Quarantined),
    quarantinedBody: async (id) => (body.get(id) as { body: Uint8Array } | undefined)?.body,
    countPending: async (atMost) => Number(pending.get(atMost)?.['count']),
    nextDueAt: async (channel, onlyCritical = false) => numberOf((onlyCritical ? nextCritical : nextDue).get(channel)),
    nextEscalationAt: async () => numberOf(nextEscalation.get()),
    oldestPendingAt: async () => numberOf(oldest.get()),
    pendingDigest: async ({ channel, recipient }) => {
      const row = digest.get(channel, recipient) as { id: string; notice: string } | undefined
      return row && { id: row.id, notice: JSON.parse(row.notice) as Notice }
    },
    channelsWithPending: async () => channels.all().map((row) => row['channel'] as string),
    metaStates: async () => metaStates.all().map((row) => JSON.parse(row['state'] as string) as MetaState),
    bucket: async (channel) => bucket.get(channel) as Bucket | undefined,
  }
}

function numberOf(row: Record<string, unknown> | undefined): number | undefined {
  return typeof row?.['at'] === 'number' ? row['at'] : undefined
}
