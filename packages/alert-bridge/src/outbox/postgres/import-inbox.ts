import type { DatabaseSync } from 'node:sqlite'

import type { DatabaseAddress } from './database-url.ts'
import { openConnections } from './connections.ts'
import { migrate } from './migrate.ts'
import { insertFromArrays, tableColumns, type TableName } from './table-columns.ts'
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
  readonly name: TableName
  /** Number of columns of the key. */
  readonly keys: number
  /** The columns in SQLite. */
  readonly select: string
  /** Column whose greater value wins if a row is there already. @default the row that is there stays as it is */
  readonly newest?: string
}

/** The most in one statement, which has a few seconds and is one text. */
const maxBatch = { rows: 500, size: 4 * 1024 * 1024 }

const tables: readonly Table[] = [
  {
    name: 'notices',
    keys: 1,
    select: 'SELECT id, severity, title, notice, received_at, traceparent, escalate_at, stage FROM notices ORDER BY rowid',
  },
  {
    name: 'deliveries',
    keys: 1,
    // a delivery that was in progress when the bridge ended may have arrived
    select: `SELECT id, notice_id, channel, recipient, rank, kind, incident_key, state, created_at, due_at, attempts, held, reason,
      CASE WHEN state = 'pending' AND lease_until IS NOT NULL THEN 1 ELSE may_have_arrived END AS may_have_arrived, collapsed_into, finished_at
      FROM deliveries ORDER BY seq`,
  },
  {
    name: 'seen',
    keys: 1,
    select: 'SELECT dedupe_key, told_at AS notified_at, interval_ms, sender, notice_id FROM seen',
    newest: 'notified_at',
  },
  {
    name: 'incidents',
    keys: 1,
    select: 'SELECT group_key, incident_key, status, updated_at FROM incidents',
    newest: 'updated_at',
  },
  {
    name: 'notified',
    keys: 3,
    select: 'SELECT incident_key, channel, recipient, thread, updated_at FROM told',
  },
  {
    name: 'incident_records',
    keys: 1,
    select: `SELECT incident_key, group_key, state, severity, title, agent, notice_id, opened_at, updated_at, acknowledged_at,
      acknowledged_by, silenced_until, resolved_at, resolved_by, escalation_step, escalation_round, escalation_due_at FROM incident_records`,
    newest: 'updated_at',
  },
  {
    name: 'incident_history',
    keys: 1,
    select: 'SELECT id, incident_key, at, who, action, detail FROM incident_history',
  },
  {
    name: 'quarantine',
    keys: 1,
    select: 'SELECT id, received_at, reason, size, body FROM quarantine ORDER BY rowid',
  },
  {
    name: 'states',
    keys: 2,
    select: `SELECT 'meta' AS kind, key, json_remove(json_set(state, '$.reportedAt', json_extract(state, '$.saidAt')), '$.saidAt') AS state FROM meta_states
      UNION ALL SELECT 'bucket', channel, json_object('tokens', tokens, 'at', at, 'pausedUntil', paused_until) FROM buckets
      UNION ALL SELECT 'peer', name, json_object('name', name, 'lastAt', last_at) FROM peers`,
  },
]

type Row = Readonly<Record<string, unknown>>

async function importTable(tx: Transaction, source: DatabaseSync, table: Table): Promise<ImportedTable> {
  const [insert, count] = [insertOf(table), countOf(table)]
  const names = Object.keys(tableColumns[table.name])
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

function insertOf({ name, keys, newest }: Table): string {
  const names = Object.keys(tableColumns[name])
  const update = names.slice(keys).map((column) => `${column} = excluded.${column}`)
  const onConflict = newest === undefined ? 'NOTHING' : `UPDATE SET ${update.join(', ')} WHERE excluded.${newest} > r.${newest}`
  return `${insertFromArrays(name, names)} ON CONFLICT (${names.slice(0, keys).join(', ')}) DO ${onConflict}`
}

function countOf({ name, keys }: Table): string {
  const names = Object.keys(tableColumns[name]).slice(0, keys)
  const arrays = names.map((_, index) => `$${index + 1}::text[]`)
  return `SELECT count(*) AS count FROM ${name} WHERE (${names.join(', ')}) IN (SELECT * FROM unnest(${arrays.join(', ')}))`
}
