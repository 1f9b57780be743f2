import type { DatabaseSync } from 'node:sqlite'

import type { Bucket, MetaState } from '../store.ts'

export interface Upkeep {
  readonly recover: (now: number) => number
  readonly forget: (before: number, deadBefore: number) => number
  readonly makeDue: (channel: string, now: number) => void
  readonly renewLeases: (ids: readonly string[], until: number) => void
  readonly quarantine: (id: string, body: Uint8Array, reason: string, receivedAt: number) => void
  readonly forgetQuarantined: (id: string) => void
  readonly saveBucket: (channel: string, bucket: Bucket) => void
  readonly saveMetaState: (state: MetaState) => void
  readonly forgetMetaState: (key: string) => void
  readonly probe: (now: number) => void
}

/** The longest wait that a delivery is ever given, so what is due later was made so by a clock that went back. */
const longestWaitMs = 16 * 60_000
/** Of what could not be read, the newest are kept, each up to this size. */
const quarantineLimits = { rows: 1000, bytes: 1024 * 1024 }

/** What keeps the store in order; to be called within a transaction. */
export function upkeep(database: DatabaseSync, owner: string): Upkeep {
  const free = database.prepare(
    `UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, may_have_arrived = 1
     WHERE lease_until IS NOT NULL AND lease_owner <> ? AND state = 'pending'`,
  )
  const unhold = database.prepare(`UPDATE deliveries SET due_at = ?1, held = NULL WHERE state = 'pending' AND held IS NOT NULL`)
  const sooner = database.prepare(`UPDATE deliveries SET due_at = ?1 WHERE state = 'pending' AND due_at > ?1 + ${longestWaitMs}`)
  const drain = database.prepare(
    `UPDATE deliveries SET due_at = ? WHERE state = 'pending' AND channel = ? AND held IS NULL AND due_at > ?`,
  )
  const lease = database.prepare('UPDATE deliveries SET lease_until = ? WHERE id = ? AND lease_owner = ?')
  const addQuarantined = database.prepare('INSERT INTO quarantine (id, received_at, reason, size, body) VALUES (?, ?, ?, ?, ?)')
  const dropQuarantined = database.prepare(
    `DELETE FROM quarantine WHERE rowid IN (SELECT rowid FROM quarantine ORDER BY rowid DESC LIMIT -1 OFFSET ${quarantineLimits.rows})`,
  )
  const forgetOne = database.prepare('DELETE FROM quarantine WHERE id = ?')
  const putBucket = database.prepare('INSERT OR REPLACE INTO buckets (channel, tokens, at, paused_until) VALUES (?, ?, ?, ?)')
  const putMeta = database.prepare('INSERT OR REPLACE INTO meta_states (key, state) VALUES (?, ?)')
  const forgetMeta = database.prepare('DELETE FROM meta_states WHERE key = ?')
  const putProbe = database.prepare('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)')
  const forgetDeliveries = database.prepare(
    `DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries
     WHERE (state IN ('delivered', 'collapsed') AND finished_at < ?) OR (state = 'dead' AND finished_at < ?) LIMIT 1000)`,
  )
  const forgetRest = [
    `DELETE FROM notices WHERE received_at < ? AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = notices.id)`,
    'DELETE FROM seen WHERE told_at < ?',
    `DELETE FROM incidents WHERE updated_at < ? AND status = 'resolved'`,
    'DELETE FROM told WHERE updated_at < ?',
    'DELETE FROM quarantine WHERE received_at < ?',
  ].map((sql) => database.prepare(sql))

  return {
    recover: (now) => {
      unhold.run(now)
      sooner.run(now)
      return Number(free.run(owner).changes)
    },
    forget: (before, deadBefore) => {
      const forgotten = Number(forgetDeliveries.run(before, deadBefore).changes)
      if (forgotten < 1000) for (const statement of forgetRest) statement.run(before)
      return forgotten
    },
    makeDue: (channel, now) => drain.run(now, channel, now),
    renewLeases: (ids, until) => ids.forEach((id) => lease.run(until, id, owner)),
    quarantine: (id, body, reason, receivedAt) => {
      addQuarantined.run(id, receivedAt, reason, body.byteLength, body.subarray(0, quarantineLimits.bytes))
      dropQuarantined.run()
    },
    forgetQuarantined: (id) => void forgetOne.run(id),
    saveBucket: (channel, { tokens, at, pausedUntil }) => putBucket.run(channel, tokens, at, pausedUntil),
    saveMetaState: (state) => putMeta.run(state.key, JSON.stringify(state)),
    forgetMetaState: (key) => void forgetMeta.run(key),
    probe: (now) => putProbe.run(now),
  }
}
