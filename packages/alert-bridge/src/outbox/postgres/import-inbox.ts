import type { DatabaseSync } from 'node:sqlite'

import type { DatabaseAddress } from './database-url.ts'
import { openConnections } from './connections.ts'
import { migrate } from './migrate.ts'
import { databaseOf, type Transaction } from './transactions.ts'

/** Rows of one table that were copied. */
export interface ImportedTable {
  readonly table: string
  readonly rows: number
  /** Rows that were in the database before, from an earlier import. */
  readonly known: number
}

/**
 * Copies everything in the SQLite database of a bridge to PostgreSQL, in one transaction: all of it is there afterwards, or nothing. Rows that
 * are there already stay as they are, so that it can be repeated while bridges run. Rejects if a row is missing at the end.
 */
export async function importInbox(source: DatabaseSync, address: DatabaseAddress): Promise<ImportedTable[]> {
  const connections = openConnections({ address, max: 1 })
  try {
    await connections.use(migrate)
    return await databaseOf(connections).transaction(async (tx) => {
      const imported: ImportedTable[] = []
      for (const table of tables) imported.push(await importTable(tx, source, table))
      return imported
    })
  } finally {
    await connections.close()
  }
}

interface Table {
  readonly name: string
  /** Columns and types in PostgreSQL, those of the key first. */
  readonly columns: Readonly<Record<string, string>>
  readonly keys: number
  /** The same columns in SQLite. */
  readonly select: string
  /** Column whose greater value wins if a row is there already. @default the row that is there stays as it is */
  readonly newest?: string
}

/** The most in one statement, which has a few seconds and is one text. */
const maxBatch = { rows: 500, size: 4 * 1024 * 1024 }

const tables: readonly Table[] = [
  {
    name: 'notices',
    columns: {
      id: 'text',
      severity: 'text',
      title: 'text',
      notice: 'text',
      received_at: 'bigint',
      traceparent: 'text',
      escalate_at: 'bigint',
      stage: 'text',
    },
    keys: 1,
    select: 'SELECT id, severity, title, notice, received_at, traceparent, escalate_at, stage FROM notices ORDER BY rowid',
  },
  {
    name: 'deliveries',
    columns: {
      id: 'text',
      notice_id: 'text',
      channel: 'text',
      recipient: 'text',
      rank: 'smallint',
      kind: 'text',
      incident_key: 'text',
      state: 'text',
      created_at: 'bigint',
      due_at: 'bigint',
      attempts: 'integer',
      held: 'text',
      reason: 'text',
      may_have_arrived: 'smallint',
      collapsed_into: 'text',
      finished_at: 'bigint',
    },
    keys: 1,
    // a delivery that was in progress when the bridge ended may have arrived
    select: `SELECT id, notice_id, channel, recipient, rank, kind, incident_key, state, created_at, due_at, attempts, held, reason,
      CASE WHEN state = 'pending' AND lease_until IS NOT NULL THEN 1 ELSE may_have_arrived END AS may_have_arrived, collapsed_into, finished_at
      FROM deliveries ORDER BY seq`,
  },
  {
    name: 'seen',
    columns: { dedupe_key: 'text', notified_at: 'bigint', interval_ms: 'bigint', sender: 'text', notice_id: 'text' },
    keys: 1,
    select: 'SELECT dedupe_key, told_at AS notified_at, interval_ms, sender, notice_id FROM seen',
    newest: 'notified_at',
  },
  {
    name: 'incidents',
    columns: { group_key: 'text', incident_key: 'text', status: 'text', updated_at: 'bigint' },
    keys: 1,
    select: 'SELECT group_key, incident_key, status, updated_at FROM incidents',
    newest: 'updated_at',
  },
  {
    name: 'notified',
    columns: { incident_key: 'text', channel: 'text', recipient: 'text', thread: 'text', updated_at: 'bigint' },
    keys: 3,
    select: 'SELECT incident_key, channel, recipient, thread, updated_at FROM told',
  },
  {
    name: 'incident_records',
    columns: {
      incident_key: 'text',
      group_key: 'text',
      state: 'text',
      severity: 'text',
      title: 'text',
      agent: 'text',
      notice_id: 'text',
      opened_at: 'bigint',
      updated_at: 'bigint',
      acknowledged_at: 'bigint',
      acknowledged_by: 'text',
      silenced_until: 'bigint',
      resolved_at: 'bigint',
      resolved_by: 'text',
      escalation_step: 'integer',
      escalation_round: 'integer',
      escalation_due_at: 'bigint',
    },
    keys: 1,
    select: `SELECT incident_key, group_key, state, severity, title, agent, notice_id, opened_at, updated_at, acknowledged_at,
      acknowledged_by, silenced_until, resolved_at, resolved_by, escalation_step, escalation_round, escalation_due_at FROM incident_records`,
    newest: 'updated_at',
  },
  {
    name: 'incident_history',
    columns: { id: 'text', incident_key: 'text', at: 'bigint', who: 'text', action: 'text', detail: 'text' },
    keys: 1,
    select: 'SELECT id, incident_key, at, who, action, detail FROM incident_history',
  },
  {
    name: 'quarantine',
    columns: { id: 'text', received_at: 'bigint', reason: 'text', size: 'integer', body: 'bytea' },
    keys: 1,
    select: 'SELECT id, received_at, reason, size, body FROM quarantine ORDER BY rowid',
  },
  {
    name: 'states',
    columns: { kind: 'text', key: 'text', state: 'text' },
    keys: 2,
    select: `SELECT 'meta' AS kind, key, json_remove(json_set(state, '$.reportedAt', json_extract(state, '$.saidAt')), '$.saidAt') AS state FROM meta_states
      UNION ALL SELECT 'bucket', channel, json_object('tokens', tokens, 'at', at, 'pausedUntil', paused_until) FROM buckets
      UNION ALL SELECT 'peer', name, json_object('name', name, 'lastAt', last_at) FROM peers`,
  },
]

type Row = Readonly<Record<string, unknown>>

async function importTable(tx: Transaction, source: DatabaseSync, table: Table): Promise<ImportedTable> {
  const [insert, count] = [insertOf(table), countOf(table)]
  const names = Object.keys(table.columns)
  let [rows, known, present] = [0, 0, 0]
  let batch: Row[] = []
  let size = 0

  async function flush(): Promise<void> {
    if (batch.length === 0) return
    const values = names.map((name) => batch.map((row) => valueOf(row[name])))
    const keys = values.slice(0, table.keys)
    const [before] = await tx.query<{ count: number }>(count, keys)
    await tx.query(insert, values)
    const [after] = await tx.query<{ count: number }>(count, keys)
    rows += batch.length
    known += before?.count ?? 0
    present += after?.count ?? 0
    batch = []
    size = 0
  }

  for (const row of source.prepare(table.select).iterate()) {
    size += sizeOf(row)
    if (batch.push(row) >= maxBatch.rows || size >= maxBatch.size) await flush()
  }
  await flush()
  if (present !== rows) throw new Error(`${table.name}: ${rows} rows were to be copied, and only ${present} are there`)
  return { table: table.name, rows, known }
}

/** Characters and bytes, about. */
function sizeOf(row: Row): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0),
    0,
  )
}

function valueOf(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : value
}

function insertOf({ name, columns, keys, newest }: Table): string {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`)
  const update = names.slice(keys).map((column) => `${column} = excluded.${column}`)
  const onConflict =
    newest === undefined ? 'NOTHING' : `UPDATE SET ${update.join(', ')} WHERE excluded.${newest} > ${name}.${newest}`
  return `INSERT INTO ${name} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})
    ON CONFLICT (${names.slice(0, keys).join(', ')}) DO ${onConflict}`
}

function countOf({ name, columns, keys }: Table): string {
  const names = Object.keys(columns).slice(0, keys)
  const arrays = names.map((_, index) => `$${index + 1}::text[]`)
  return `SELECT count(*) AS count FROM ${name} WHERE (${names.join(', ')}) IN (SELECT * FROM unnest(${arrays.join(', ')}))`
}
