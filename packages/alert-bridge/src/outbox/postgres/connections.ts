import pg, { type Client } from 'pg'

import { StoreError } from '../store.ts'
import type { DatabaseClock } from './database-clock.ts'
import type { DatabaseAddress } from './database-url.ts'
import { endsConnection, storeErrorOf } from './store-error.ts'

/** A small number of connections to the server that accepts writes. */
export interface Connections {
  /** Runs `work` on a connection that no other caller uses meanwhile. Rejects with a `StoreError`. */
  readonly use: <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>
  /** Accepts no more work; connections end as soon as they are free. */
  readonly close: () => Promise<void>
}

/** Options for {@link openConnections}. */
export interface ConnectionOptions {
  readonly address: DatabaseAddress
  /** Maximum number of connections. */
  readonly max: number
  /** Called when the server is asked for its time, as it is for each connection; the result takes its answer. */
  readonly askTime?: DatabaseClock['ask']
  /** Counts what happens; several groups of connections may share it. */
  readonly usage?: ConnectionUsage
}

/** Counts of connections since the start. */
export interface ConnectionUsage {
  /** Attempts to connect that failed. */
  failures: number
  /** Milliseconds that callers have waited for a connection, added up. */
  waitedMs: number
}

/** Alertmanager waits for the answer, so it must come soon; a commit to a busy disk or to a standby takes some time, though. */
const queryTimeoutMs = 8_000
const connectTimeoutMs = 3_000
/** A caller waits at most this long for a connection. */
const busyTimeoutMs = 8_000
/** After a failure, callers fail at once for this long, so that they do not queue up behind a server that does not answer. */
const failFastMs = 250

/** Opens connections when they are needed, and others when they break. */
export function openConnections({ address, max, askTime, usage = { failures: 0, waitedMs: 0 } }: ConnectionOptions): Connections {
  const usable = new Set<Client>()
  const free: Client[] = []
  const waiting: (() => void)[] = []
  let connecting = 0
  let preferred = 0
  let isClosed = false
  let failed: { readonly error: unknown; readonly until: number } | undefined

  async function use<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    try {
      const askedAt = performance.now()
      const client = await acquire().finally(() => (usage.waitedMs += performance.now() - askedAt))
      try {
        return await work(client)
      } catch (error) {
        if (endsConnection(error)) usable.delete(client)
        throw error
      } finally {
        release(client)
      }
    } catch (error) {
      throw storeErrorOf(error)
    }
  }

  async function acquire(): Promise<Client> {
    for (;;) {
      if (isClosed) throw new StoreError('closed', 'the store is closed')
      const client = free.pop()
      if (client !== undefined) return client
      if (usable.size + connecting < max) return connectAny()
      await turn()
    }
  }

  /** Waits until a connection is free or may be opened. */
  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(next), 1)
        reject(new Error('all connections to PostgreSQL are busy'))
      }, busyTimeoutMs)
      waiting.push(next)
    })
  }

  function release(client: Client): void {
    if (usable.has(client) && !isClosed) free.push(client)
    else discard(client)
    waiting.shift()?.()
  }

  function discard(client: Client): void {
    usable.delete(client)
    void client.end().catch(() => {})
  }

  async function connectAny(): Promise<Client> {
    if (failed !== undefined && performance.now() < failed.until) {
      waiting.shift()?.()
      throw failed.error
    }
    connecting += 1
    try {
      const client = await firstWritable()
      usable.add(client)
      failed = undefined
      return client
    } catch (error) {
      usage.failures += 1
      failed = { error, until: performance.now() + failFastMs }
      waiting.shift()?.()
      throw error
    } finally {
      connecting -= 1
    }
  }

  /** Connects to the host that was the primary before; if it is not any more, to the first other one that is. */
  async function firstWritable(): Promise<Client> {
    const { urls } = address
    const errors: unknown[] = []
    for (const index of urls.map((_, tried) => (preferred + tried) % urls.length)) {
      try {
        const client = await connect(urls[index]!)
        preferred = index
        return client
      } catch (error) {
        errors.push(error)
      }
    }
    throw errors.length === 1 ? errors[0] : new AggregateError(errors)
  }

  async function connect(connectionString: string): Promise<Client> {
    const client = newClient(connectionString)
    const onBroken = (): void => {
      usable.delete(client)
      const index = free.indexOf(client)
      if (index >= 0) free.splice(index, 1)
    }
    client.on('error', onBroken)
    client.on('end', onBroken)
    try {
      await client.connect()
      const onTime = askTime?.()
      const { rows } = await client.query<SessionRow>(setup)
      const { is_read_only: isReadOnly, server_at: serverAt } = rows[0]!
      if (isReadOnly) throw new StoreError('read-only', 'the store cannot write (read-only): this server accepts no writes')
      onTime?.(serverAt)
      return client
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
  }

  return {
    use,
    close: async () => {
      isClosed = true
      for (const next of waiting.splice(0)) next()
      await Promise.allSettled(free.splice(0).map((client) => client.end()))
    },
  }
}

/** A connection that is not open yet, in pipeline mode: a query does not wait for the answer to the one before. */
function newClient(connectionString: string): Client {
  return new pg.Client({
    connectionString,
    application_name: 'alert-bridge',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    ...pipelined,
  })
}

// @types/pg does not know it yet
const pipelined: object = { pipeline: true }

const bigint = 20

function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  // numbers of rows and milliseconds since 1970 are exact in a number
  return oid === bigint ? Number : pg.types.getTypeParser(oid, format as 'text')
}

interface SessionRow {
  readonly is_read_only: boolean
  readonly server_at: number
}

// not as options of the connection: PgBouncer refuses those. A bridge that is cut off or whose machine is gone must not hold its locks for
// long; by default, PostgreSQL would notice it after two hours
const setup = `SELECT set_config('search_path', 'swarmwatch_bridge', false), set_config('synchronous_commit', 'on', false),
  set_config('statement_timeout', '8000', false), set_config('idle_in_transaction_session_timeout', '10000', false),
  set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
  set_config('tcp_keepalives_count', '3', false),
  current_setting('transaction_read_only') = 'on' AS is_read_only,
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS server_at`
