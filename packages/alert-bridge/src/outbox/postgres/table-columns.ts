/** Tables whose rows are written as arrays. */
export type TableName =
  | 'notices'
  | 'deliveries'
  | 'seen'
  | 'incidents'
  | 'notified'
  | 'incident_records'
  | 'incident_history'
  | 'quarantine'
  | 'states'

/** Columns of the tables and their types, those of the key first. */
export const tableColumns: Readonly<Record<TableName, Readonly<Record<string, string>>>> = {
  notices: {
    id: 'text',
    severity: 'text',
    title: 'text',
    notice: 'text',
    received_at: 'bigint',
    traceparent: 'text',
    escalate_at: 'bigint',
    stage: 'text',
  },
  deliveries: {
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
  seen: { dedupe_key: 'text', notified_at: 'bigint', interval_ms: 'bigint', sender: 'text', notice_id: 'text' },
  incidents: { group_key: 'text', incident_key: 'text', status: 'text', updated_at: 'bigint' },
  notified: { incident_key: 'text', channel: 'text', recipient: 'text', thread: 'text', updated_at: 'bigint' },
  incident_records: {
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
  incident_history: { id: 'text', incident_key: 'text', at: 'bigint', who: 'text', action: 'text', detail: 'text' },
  quarantine: { id: 'text', received_at: 'bigint', reason: 'text', size: 'integer', body: 'bytea' },
  states: { kind: 'text', key: 'text', state: 'text' },
}

/** Options for {@link insertFromArrays}. */
export interface FromArrays {
  /** Number of the parameter with the first array. @default 1 */
  readonly first?: number
  /** Condition for the rows to insert. @default none */
  readonly where?: string
}

/** The statement that inserts rows `r`, from one array for each column, in this order. */
export function insertFromArrays(
  table: TableName,
  columns: readonly string[],
  { first = 1, where = 'TRUE' }: FromArrays = {},
): string {
  const arrays = columns.map((name, index) => `$${first + index}::${tableColumns[table][name]}[]`)
  return `INSERT INTO ${table} AS r (${columns.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')}) WHERE ${where}`
}
