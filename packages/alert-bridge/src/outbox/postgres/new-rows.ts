import { type NewDelivery, type NewNotice, ranks } from '../rows.ts'
import type { Transaction } from './transactions.ts'

/** New rows of one table. */
export interface Insert {
  readonly table: string
  /** Types in PostgreSQL by the name of the column. */
  readonly columns: Readonly<Record<string, string>>
  /** The values of each row in the order of the columns. */
  readonly rows: readonly (readonly unknown[])[]
  /** The clause for a row `r` that is there already. @default the statement fails */
  readonly onConflict?: string
}

/** Inserts rows, those of each table in their order, in one statement: it costs less than one for each table. */
export function insertRows(tx: Transaction, inserts: readonly Insert[]): void {
  const { text, values } = insertStatement(inserts)
  if (values.length > 0) tx.send(text, values)
}

/** The statement of {@link insertRows}. Before the first row, it takes the locks of `keys`. @param keys default none */
export function insertStatement(
  inserts: readonly Insert[],
  keys: readonly string[] = [],
): { readonly text: string; readonly values: readonly unknown[] } {
  const hasLocks = keys.length > 0
  const values: unknown[] = hasLocks ? [keys] : []
  const parts = inserts.flatMap(({ table, columns, rows, onConflict = '' }) => {
    if (rows.length === 0) return []
    const arrays = Object.values(columns).map((type, index) => `$${values.push(rows.map((row) => row[index]))}::${type}[]`)
    return `new_${table} AS (INSERT INTO ${table} AS r (${Object.keys(columns).join(', ')})
      SELECT * FROM unnest(${arrays.join(', ')}) ${hasLocks ? 'WHERE (SELECT locks FROM locked) >= 0' : ''} ${onConflict})`
  })
  return { text: `WITH ${[...(hasLocks ? [`locked AS (${takeLocks})`] : []), ...parts].join(', ')} SELECT`, values }
}

/** Takes the locks of the keys `$1` until the end of the transaction. In one order everywhere, so that no two wait for each other. */
export const takeLocks: string = `SELECT count(pg_advisory_xact_lock(lock)) AS locks FROM (
  SELECT DISTINCT hashtextextended(key, 1) AS lock FROM unnest($1::text[]) AS key ORDER BY lock) AS ordered`

export function newNotices(notices: readonly NewNotice[]): Insert {
  return {
    table: 'notices',
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
    rows: notices.map(({ id, notice, receivedAt, traceparent, failover }) => [
      id,
      notice.severity,
      notice.title,
      JSON.stringify(notice),
      receivedAt,
      traceparent ?? null,
      failover?.at ?? null,
      failover?.stage ?? null,
    ]),
  }
}

export function newDeliveries(deliveries: readonly NewDelivery[]): Insert {
  return {
    table: 'deliveries',
    columns: {
      id: 'text',
      notice_id: 'text',
      channel: 'text',
      recipient: 'text',
      rank: 'smallint',
      kind: 'text',
      incident_key: 'text',
      created_at: 'bigint',
      due_at: 'bigint',
    },
    rows: deliveries.map(({ id, noticeId, channel, recipient, notice, createdAt, dueAt }) => [
      id,
      noticeId,
      channel,
      recipient,
      ranks[notice.severity],
      notice.kind,
      notice.incidentKey,
      createdAt,
      dueAt,
    ]),
  }
}
