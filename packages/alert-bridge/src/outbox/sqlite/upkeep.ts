import type { DatabaseSync } from 'node:sqlite'

import type {
  BreakerStates,
  Bucket,
  CalendarCopies,
  CalendarCopy,
  MetaState,
  MetaStates,
  OpenBreaker,
  PeerHeartbeat,
  PeerStates,
  RateLimitStates,
  Upkeep,
} from '../store.ts'
import type { GroupCommit } from './group-commit.ts'

/** The longest wait of a delivery. One that is due later waits only because a clock was set back. */
const maxWaitMs = 16 * 60_000
/** Deletions are done in batches of this size, so that no other write waits long for the disk. */
const batchSize = 1000

/** Maintenance of the store for `owner`. */
export function sqliteUpkeep(database: DatabaseSync, write: GroupCommit['write'], owner: string): Upkeep {
  const free = database.prepare(
    `UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, may_have_arrived = 1
     WHERE lease_until IS NOT NULL AND lease_owner <> ? AND state = 'pending'`,
  )
  const unhold = database.prepare(`UPDATE deliveries SET due_at = ?1, held = NULL WHERE state = 'pending' AND held IS NOT NULL`)
  const sooner = database.prepare(`UPDATE deliveries SET due_at = ?1 WHERE state = 'pending' AND due_at > ?1 + ${maxWaitMs}`)
  const putProbe = database.prepare('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)')
  const forgetDeliveries = database.prepare(
    `DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries
     WHERE (state IN ('delivered', 'collapsed') AND finished_at < ?) OR (state = 'dead' AND finished_at < ?) LIMIT ${batchSize})`,
  )
  const forgetRest = [
    `DELETE FROM notices WHERE received_at < ? AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = notices.id)`,
    'DELETE FROM seen WHERE told_at < ?',
    `DELETE FROM incidents WHERE updated_at < ? AND status = 'resolved'`,
    'DELETE FROM told WHERE updated_at < ?',
    `DELETE FROM incident_history WHERE incident_key IN (
       SELECT incident_key FROM incident_records WHERE updated_at < ? AND state = 'resolved')`,
    `DELETE FROM incident_records WHERE updated_at < ? AND state = 'resolved'`,
    'DELETE FROM quarantine WHERE received_at < ?',
  ].map((sql) => database.prepare(sql))

  const channels = database.prepare(`SELECT DISTINCT channel FROM deliveries WHERE state = 'pending'`)

  return {
    recover: (now) =>
      write(() => {
        unhold.run(now)
        sooner.run(now)
        return Number(free.run(owner).changes)
      }),
    forget: (before, deadBefore) =>
      write(() => {
        const forgotten = Number(forgetDeliveries.run(before, deadBefore).changes)
        if (forgotten < batchSize) for (const statement of forgetRest) statement.run(before)
        return forgotten
      }),
    probe: (now) => write(() => void putProbe.run(now)),
    channelsWithPending: async () => channels.all().map((row) => row['channel'] as string),
  }
}

/** State that a restarted bridge continues with: rate limits of channels, reports about itself, and when peers sent their last heartbeat. */
export function sqliteStates(
  database: DatabaseSync,
  write: GroupCommit['write'],
): RateLimitStates & BreakerStates & MetaStates & PeerStates & CalendarCopies {
  const putBucket = database.prepare('INSERT OR REPLACE INTO buckets (channel, tokens, at, paused_until) VALUES (?, ?, ?, ?)')
  const bucket = database.prepare('SELECT tokens, at, paused_until AS pausedUntil FROM buckets WHERE channel = ?')
  const putMeta = database.prepare('INSERT OR REPLACE INTO meta_states (key, state) VALUES (?, ?)')
  const forgetMeta = database.prepare('DELETE FROM meta_states WHERE key = ?')
  const metaStates = database.prepare('SELECT state FROM meta_states')
  const peers = database.prepare('SELECT name, last_at AS lastAt FROM peers ORDER BY name')
  const putPeer = database.prepare('INSERT OR REPLACE INTO peers (name, last_at) VALUES (?, ?)')
  const calendar = database.prepare('SELECT text, fetched_at AS fetchedAt FROM calendars WHERE rotation = ?')
  const putCalendar = database.prepare('INSERT OR REPLACE INTO calendars (rotation, text, fetched_at) VALUES (?, ?, ?)')
  const forgetPeer = database.prepare('DELETE FROM peers WHERE name = ?')

  // the next process finds out by itself whether a channel works again
  const breakers = new Map<string, OpenBreaker>()

  return {
    bucket: async (channel) => bucket.get(channel) as Bucket | undefined,
    changeBucket: (channel, change) =>
      write(() => {
        const next = change(bucket.get(channel) as Bucket | undefined)
        putBucket.run(channel, next.tokens, next.at, next.pausedUntil)
        return next
      }),
    breaker: async (channel) => breakers.get(channel),
    changeBreaker: async (channel, change) => {
      const next = change(breakers.get(channel))
      if (next === undefined) breakers.delete(channel)
      else breakers.set(channel, next)
      return next
    },
    metaStates: async () => metaStates.all().map((row) => metaStateOf(row['state'] as string)),
    saveMetaState: ({ reportedAt, ...state }) =>
      write(() => void putMeta.run(state.key, JSON.stringify({ ...state, [storedReportedAt]: reportedAt }))),
    forgetMetaState: (key) => write(() => void forgetMeta.run(key)),
    peerStates: async () => peers.all().map((row) => ({ ...row }) as unknown as PeerHeartbeat),
    savePeerState: ({ name, lastAt }) => write(() => void putPeer.run(name, lastAt)),
    forgetPeerState: (name) => write(() => void forgetPeer.run(name)),
    calendarCopy: async (rotation) => calendar.get(rotation) as CalendarCopy | undefined,
    saveCalendarCopy: (rotation, { text, fetchedAt }) => write(() => void putCalendar.run(rotation, text, fetchedAt)),
  }
}

/** Name of `reportedAt` in stores, since the first release. */
const storedReportedAt = 'saidAt'

function metaStateOf(json: string): MetaState {
  const { [storedReportedAt]: reportedAt, ...state } = JSON.parse(json) as Omit<MetaState, 'reportedAt'> & {
    readonly [storedReportedAt]: number
  }
  return { ...state, reportedAt }
}
