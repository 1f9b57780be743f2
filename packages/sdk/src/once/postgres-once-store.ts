import { createRequire } from 'node:module'

import { propertyOf } from '../unknown-values.ts'
import { attemptBefore, attemptColumns, checkKeepDays, entryOf, idColumns, pruneEveryMs, type StoredCall } from './once-rows.ts'
import type { OnceStore } from './once-store.ts'
import type { ClosableOnceStore } from './sqlite-once-store.ts'

/** The part of a `Pool` of the package `pg` that the store uses. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>
}

interface OwnPool extends PostgresPool {
  on(event: 'error', listener: () => void): unknown
  end(): Promise<void>
}

/**
 * Returns a store in PostgreSQL (tested with 17), for several machines. It needs the package `pg`; pass a `Pool` of your own in place of the
 * URL for TLS and other settings. The tables `swarmwatch_once` and `swarmwatch_attempts` are created when they are first used, which needs
 * CREATE on the schema; for tables that exist, SELECT, INSERT, UPDATE and DELETE on them are enough. Results are stored as JSON,
 * unencrypted; arguments only as a hash. Calls are deleted after `keepDays`. A query that takes longer than 10 s, or a connection longer
 * than 5 s, fails.
 *
 * @throws {Error} at once if `pg` is not installed. @default keepDays 30
 */
export function postgresOnceStore(
  urlOrPool: string | PostgresPool,
  { keepDays = 30 }: { readonly keepDays?: number } = {},
): ClosableOnceStore {
  checkKeepDays('postgresOnceStore', keepDays)
  const own = typeof urlOrPool === 'string' ? openPool(urlOrPool) : undefined
  const pool = own ?? (urlOrPool as PostgresPool)
  const query = queriesOn(pool, callsTable, keepDays)
  const queryAttempts = queriesOn(pool, attemptsTable, keepDays)
  const find = async (where: string, values: unknown[]) => {
    const { rows } = await query(
      `SELECT execution_id, tool, key, number, owner, state, result FROM swarmwatch_once ${where}`,
      values,
    )
    return (rows as StoredCall[]).map(entryOf)
  }
  const ofCall = 'WHERE execution_id = $1 AND tool = $2 AND key = $3 AND number = $4'

  const store: OnceStore = {
    isDurable: true,
    load: (executionId) => find('WHERE execution_id = $1', [executionId]),
    async begin(call, owner) {
      const insert =
        "INSERT INTO swarmwatch_once (execution_id, tool, key, number, owner, state) VALUES ($1, $2, $3, $4, $5, 'begun') ON CONFLICT DO NOTHING"
      const { rowCount } = await query(insert, [...idColumns(call), owner])
      if (rowCount === 1) return undefined
      const [known] = await find(ofCall, idColumns(call))
      // Removed between the two queries, because the call of the other process failed
      if (!known) throw new Error('another process has just changed the call')
      return known
    },
    async succeed(call, result) {
      const json = result === undefined ? null : JSON.stringify(result)
      const { rowCount } = await query(`UPDATE swarmwatch_once SET state = 'done', result = $5 ${ofCall}`, [
        ...idColumns(call),
        json,
      ])
      if (rowCount === 0) throw new Error('the store no longer holds the call')
    },
    async remove(call, owner) {
      await query(`DELETE FROM swarmwatch_once ${ofCall} AND owner = $5 AND state = 'begun'`, [...idColumns(call), owner])
    },
    async beginAttempt(attempt) {
      const { rows } = await queryAttempts(beginAttempt, attemptColumns(attempt))
      return attemptBefore(attempt, (rows[0] as { previous: string | null }).previous)
    },
    async saveUse({ executionId, agentName, owner, use }) {
      const json = use === undefined ? null : JSON.stringify(use)
      const save = 'UPDATE swarmwatch_attempts SET use = $4 WHERE execution_id = $1 AND agent = $2 AND owner = $3'
      await queryAttempts(save, [executionId, agentName, owner, json])
    },
  }
  return { ...store, close: async () => own?.end() }
}

function openPool(connectionString: string): OwnPool {
  const { Pool } = loadPg()
  const pool = new Pool({
    connectionString,
    application_name: 'swarmwatch',
    max: 4,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
    // Idle connections do not keep the process running
    allowExitOnIdle: true,
  })
  // An idle connection that breaks would otherwise end the process; the next query opens another one
  pool.on('error', () => {})
  return pool
}

function loadPg(): { readonly Pool: new (options: object) => OwnPool } {
  try {
    // Not import(): a bundler would look for a package that few applications have
    return createRequire(import.meta.url)('pg') as ReturnType<typeof loadPg>
  } catch (error) {
    throw new Error('postgresOnceStore needs the package pg: npm install pg', { cause: error })
  }
}

/** Errors of two processes that create the same table at the same time. */
const alreadyCreated: readonly unknown[] = ['23505', '42P07', '42710']
const notPermitted = '42501'

interface Table {
  readonly name: string
  readonly columns: string
}

const callsTable: Table = {
  name: 'swarmwatch_once',
  columns: `execution_id text NOT NULL, tool text NOT NULL, key text NOT NULL, number integer NOT NULL,
    owner text NOT NULL, state text NOT NULL, result text, begun_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (execution_id, tool, key, number)`,
}

const attemptsTable: Table = {
  name: 'swarmwatch_attempts',
  columns: `execution_id text NOT NULL, agent text NOT NULL, attempt integer NOT NULL, owner text NOT NULL,
    traceparent text, use text, previous text, begun_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (execution_id, agent)`,
}

const beginAttempt = `
  INSERT INTO swarmwatch_attempts AS held (execution_id, agent, attempt, owner, traceparent) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (execution_id, agent) DO UPDATE SET
    previous = json_build_object('attempt', held.attempt, 'owner', held.owner, 'traceparent', held.traceparent, 'use', held.use),
    use = CASE excluded.attempt WHEN 1 THEN NULL ELSE held.use END,
    attempt = excluded.attempt, owner = excluded.owner, traceparent = excluded.traceparent, begun_at = excluded.begun_at
  RETURNING previous`

/** Returns the function for queries on a table, which creates it at the first one, and deletes old rows. */
function queriesOn(pool: PostgresPool, table: Table, keepDays: number): PostgresPool['query'] {
  let ready: Promise<unknown> | undefined
  let prunedAt = 0
  return async (text, values) => {
    await (ready ??= createTable(pool, table).catch((error: unknown) => {
      ready = undefined
      throw error
    }))
    const now = Date.now()
    if (now - prunedAt > pruneEveryMs) {
      prunedAt = now
      await pool.query(`DELETE FROM ${table.name} WHERE begun_at < now() - $1::float8 * interval '1 day'`, [keepDays])
    }
    return pool.query(text, values)
  }
}

async function createTable(pool: PostgresPool, { name, columns }: Table): Promise<void> {
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${name} (${columns})`,
    `CREATE INDEX IF NOT EXISTS ${name}_begun_at ON ${name} (begun_at)`,
  ]
  for (const statement of statements) {
    await pool.query(statement).catch(async (error: unknown) => {
      const { code } = error as { code?: unknown }
      if (alreadyCreated.includes(code)) return
      // IF NOT EXISTS needs the right to create the table, or to own it, also if it exists
      if (code !== notPermitted || !(await hasTable(pool, name))) throw error
    })
  }
}

async function hasTable(pool: PostgresPool, name: string): Promise<boolean> {
  const { rows } = await pool.query('SELECT to_regclass($1) AS found', [name])
  return propertyOf(rows[0], 'found') !== null
}
