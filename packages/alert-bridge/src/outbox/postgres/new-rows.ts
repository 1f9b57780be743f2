import { type NewDelivery, type NewNotice, rankOf } from '../rows.ts'
import { insertFromArrays, tableColumns, type TableName } from './table-columns.ts'
import type { Transaction } from './transactions.ts'

/** New rows of one table. */
export interface Insert {
  readonly table: TableName
  readonly columns: readonly string[]
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
    const insert = insertFromArrays(table, columns, {
      first: values.length + 1,
      ...(hasLocks && { where: '(SELECT locks FROM locked) >= 0' }),
    })
    values.push(...columns.map((_, index) => rows.map((row) => row[index])))
    return `new_${table} AS (${insert} ${onConflict})`
  })
  return { text: `WITH ${[...(hasLocks ? [`locked AS (${takeLocks})`] : []), ...parts].join(', ')} SELECT`, values }
}

/** Takes the locks of the keys `$1` until the end of the transaction. In one order everywhere, so that no two wait for each other. */
export const takeLocks: string = `SELECT count(pg_advisory_xact_lock(lock)) AS locks FROM (
  SELECT DISTINCT hashtextextended(key, 1) AS lock FROM unnest($1::text[]) AS key ORDER BY lock) AS ordered`

export function newNotices(notices: readonly NewNotice[]): Insert {
  return {
    table: 'notices',
    columns: Object.keys(tableColumns.notices),
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
    columns: ['id', 'notice_id', 'channel', 'recipient', 'rank', 'kind', 'incident_key', 'created_at', 'due_at'],
    rows: deliveries.map(({ id, noticeId, channel, recipient, notice, createdAt, dueAt }) => [
      id,
      noticeId,
      channel,
      recipient,
      rankOf(notice),
      notice.kind,
      notice.incidentKey,
      createdAt,
      dueAt,
    ]),
  }
}
