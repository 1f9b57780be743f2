import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { FolderTakenError } from '../store.ts'
import { storeErrorOf } from './group-commit.ts'

const fileName = 'bridge.sqlite'

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** New name of a damaged file, if there was one. */
  readonly setAside?: string
}

/**
 * Opens the database of a data folder that this process owns. A damaged one is renamed, because a bridge must start.
 * @param suffix makes the new name of a damaged file
 */
export function openDatabase(folder: string, suffix: string): OpenedDatabase {
  const file = databaseFile(folder)
  try {
    return { database: openChecked(file) }
  } catch (error) {
    if (!isDamage(error)) throw error
    const setAside = `${file}.damaged-${suffix}`
    for (const ending of ['', '-wal', '-shm']) {
      if (existsSync(file + ending)) renameSync(file + ending, setAside + ending)
    }
    return { database: openChecked(file), setAside }
  }
}

/** The database of a data folder. */
export function databaseFile(folder: string): string {
  return join(folder, fileName)
}

function openChecked(file: string): DatabaseSync {
  // the event loop is blocked while SQLite waits for a lock, so it must not wait long
  const database = new DatabaseSync(file, { timeout: 250 })
  try {
    assertVersion(database)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000')
    database.exec('PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000')
    const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
    if (found !== 'ok') throw new DamagedError(found)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class DamagedError extends Error {
  override readonly name = 'DamagedError'
}

function isDamage(error: unknown): boolean {
  // 11 corrupt, 26 not a database
  const code = ((error as { errcode?: number }).errcode ?? 0) % 256
  return error instanceof DamagedError || code === 11 || code === 26
}

function assertVersion(database: DatabaseSync): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  // before 3.51.3 two connections could lose the end of the WAL
  if (major * 1e6 + minor * 1e3 + patch < 3_051_003) {
    throw new Error(`SQLite must be 3.51.3 or newer, this Node has ${version}; use Node 24.15 or newer`)
  }
}

/**
 * Makes this process the one owner of a data folder until the returned function is called or the process ends, however it ends:
 * the lock is the operating system's, taken by SQLite on an empty database.
 * @throws FolderTakenError where another process owns it, and an Error with its name where it cannot be written
 */
export function lockFolder(folder: string): () => void {
  try {
    makeFolder(folder)
  } catch (error) {
    throw new Error(`the data folder ${folder} cannot be created: ${(error as Error).message}`, { cause: error })
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

/** Creates a folder and its parents. Not `recursive`, which never returns in folders such as /proc, where none can be created. */
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

/** Each brings the schema one version further. Never change one that was released; add another. */
const migrations: readonly string[] = [
  `
  CREATE TABLE notices (
    id TEXT PRIMARY KEY, severity TEXT NOT NULL, title TEXT NOT NULL, notice TEXT NOT NULL, received_at INTEGER NOT NULL,
    traceparent TEXT, escalate_at INTEGER, stage TEXT
  ) STRICT;
  CREATE INDEX escalations ON notices (escalate_at) WHERE escalate_at IS NOT NULL;

  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, notice_id TEXT NOT NULL, channel TEXT NOT NULL,
    recipient TEXT NOT NULL, rank INTEGER NOT NULL, kind TEXT NOT NULL, incident_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead', 'collapsed')),
    created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, held TEXT, reason TEXT,
    may_have_arrived INTEGER NOT NULL DEFAULT 0, lease_owner TEXT, lease_until INTEGER, collapsed_into TEXT, finished_at INTEGER
  ) STRICT;
  CREATE INDEX pending_order ON deliveries (channel, rank, seq) WHERE state = 'pending';
  CREATE INDEX pending_due ON deliveries (channel, due_at) WHERE state = 'pending';
  CREATE INDEX pending_incident ON deliveries (channel, recipient, incident_key, seq) WHERE state = 'pending';
  CREATE INDEX pending_age ON deliveries (created_at) WHERE state = 'pending' AND held IS NULL;
  CREATE INDEX deliveries_of_notice ON deliveries (notice_id);
  CREATE INDEX collapsed_into ON deliveries (collapsed_into) WHERE collapsed_into IS NOT NULL;
  CREATE INDEX finished ON deliveries (state, finished_at) WHERE state <> 'pending';

  CREATE TABLE seen (
    dedupe_key TEXT PRIMARY KEY, told_at INTEGER NOT NULL, interval_ms INTEGER, sender TEXT NOT NULL, notice_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE incidents (
    group_key TEXT PRIMARY KEY, incident_key TEXT NOT NULL, status TEXT NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE told (
    incident_key TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL, thread TEXT, updated_at INTEGER NOT NULL,
    PRIMARY KEY (incident_key, channel, recipient)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE quarantine (
    id TEXT PRIMARY KEY, received_at INTEGER NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE buckets (
    channel TEXT PRIMARY KEY, tokens REAL NOT NULL, at INTEGER NOT NULL, paused_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
  `,
  `
  CREATE INDEX pending_digest ON deliveries (channel, recipient) WHERE state = 'pending' AND kind = 'digest';
  `,
  `
  CREATE TABLE meta_states (key TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE peers (name TEXT PRIMARY KEY, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE incident_records (
    incident_key TEXT PRIMARY KEY, group_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'silenced', 'resolved')),
    severity TEXT NOT NULL, title TEXT NOT NULL, agent TEXT, notice_id TEXT NOT NULL,
    opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, acknowledged_at INTEGER, acknowledged_by TEXT, silenced_until INTEGER,
    resolved_at INTEGER, resolved_by TEXT,
    escalation_step INTEGER NOT NULL DEFAULT 0, escalation_round INTEGER NOT NULL DEFAULT 0, escalation_due_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unresolved_incidents ON incident_records (opened_at) WHERE state <> 'resolved';
  CREATE INDEX escalation_steps ON incident_records (escalation_due_at) WHERE escalation_due_at IS NOT NULL;
  CREATE TABLE incident_history (
    incident_key TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, detail TEXT,
    PRIMARY KEY (incident_key, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE INDEX pending_steps ON deliveries (incident_key) WHERE state = 'pending' AND kind = 'escalation';
  CREATE TABLE calendars (rotation TEXT PRIMARY KEY, text TEXT NOT NULL, fetched_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
]

/** Brings the schema to the newest version; refuses one that is newer than this program. */
function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length) {
    throw new Error(
      `the store was written by a newer alert-bridge (schema ${version}, this version supports ${migrations.length})`,
    )
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}
