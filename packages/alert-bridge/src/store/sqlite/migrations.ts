import type { DatabaseSync } from 'node:sqlite'

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
]

/** Brings the schema to the newest version; refuses one that is newer than this program. */
export function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length) {
    throw new Error(`the store was written by a newer alert-bridge (schema ${version}, this one knows ${migrations.length})`)
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}
