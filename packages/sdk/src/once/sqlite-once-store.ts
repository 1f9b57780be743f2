import type { DatabaseSync } from 'node:sqlite'

import { attemptBefore, attemptColumns, idColumns, pruneEveryMs, type StoredCall, entryOf, checkKeepDays } from './once-rows.ts'
import type { OnceStore } from './once-store.ts'

/** A store with a connection or a file of its own. */
export interface ClosableOnceStore extends OnceStore {
  close(): void | Promise<void>
}

/**
 * Returns a store in a SQLite file, for one machine: results survive `kill -9` and, because each write is synced, a power cut. A call costs
 * two writes, each below a millisecond on an SSD, during which the event loop waits. Several processes may share the file. Results are
 * stored as JSON, unencrypted; arguments only as a hash. Calls are deleted after `keepDays`.
 *
 * @throws {Error} at once if the file cannot be opened or created. @default keepDays 30
 */
export function sqliteOnceStore(path: string, { keepDays = 30 }: { readonly keepDays?: number } = {}): ClosableOnceStore {
  checkKeepDays('sqliteOnceStore', keepDays)
  const database = open(path)
  const begin = database.prepare(
    'INSERT INTO swarmwatch_once (execution_id, tool, key, number, owner, state, begun_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const columns = 'execution_id, tool, key, number, owner, state, result'
  const ofCall = 'WHERE execution_id = ? AND tool = ? AND key = ? AND number = ?'
  const find = database.prepare(`SELECT ${columns} FROM swarmwatch_once ${ofCall}`)
  const findAll = database.prepare(`SELECT ${columns} FROM swarmwatch_once WHERE execution_id = ?`)
  const succeed = database.prepare(`UPDATE swarmwatch_once SET state = 'done', result = ? ${ofCall}`)
  const remove = database.prepare(`DELETE FROM swarmwatch_once ${ofCall} AND owner = ? AND state = 'begun'`)
  const beginAttempt = database.prepare(`
    INSERT INTO swarmwatch_attempts (execution_id, agent, attempt, owner, traceparent, begun_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      previous = json_object('attempt', attempt, 'owner', owner, 'traceparent', traceparent, 'use', use),
      use = CASE excluded.attempt WHEN 1 THEN NULL ELSE use END,
      attempt = excluded.attempt, owner = excluded.owner, traceparent = excluded.traceparent, begun_at = excluded.begun_at
    RETURNING previous`)
  const saveUse = database.prepare('UPDATE swarmwatch_attempts SET use = ? WHERE execution_id = ? AND agent = ? AND owner = ?')
  const prune = ['swarmwatch_once', 'swarmwatch_attempts'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE begun_at < ?`),
  )
  let prunedAt = 0

  const pruneHourly = (): void => {
    const now = Date.now()
    if (now - prunedAt <= pruneEveryMs) return
    prunedAt = now
    for (const each of prune) each.run(now - keepDays * 86_400_000)
  }

  return {
    isDurable: true,
    load(executionId) {
      pruneHourly()
      return (findAll.all(executionId) as unknown as StoredCall[]).map(entryOf)
    },
    begin(call, owner) {
      const { changes } = begin.run(...idColumns(call), owner, 'begun', Date.now())
      return changes === 1 ? undefined : entryOf(find.get(...idColumns(call)) as unknown as StoredCall)
    },
    succeed(call, result) {
      const { changes } = succeed.run(result === undefined ? null : JSON.stringify(result), ...idColumns(call))
      if (changes === 0) throw new Error('the store no longer holds the call')
    },
    remove: (call, owner) => void remove.run(...idColumns(call), owner),
    beginAttempt(attempt) {
      pruneHourly()
      const { previous } = beginAttempt.get(...attemptColumns(attempt), Date.now()) as { previous: string | null }
      return attemptBefore(attempt, previous)
    },
    saveUse({ executionId, agentName, owner, use }) {
      saveUse.run(use === undefined ? null : JSON.stringify(use), executionId, agentName, owner)
    },
    close: () => database.close(),
  }
}

function open(path: string): DatabaseSync {
  // Loaded here, because Node before 24.15 prints a warning
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined
  if (!sqlite) throw new Error('sqliteOnceStore needs node:sqlite, which this Node does not have; use Node 22.15 or newer')
  try {
    const database = new sqlite.DatabaseSync(path, { timeout: 2000 })
    const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
    // Before 3.51.3, a write-ahead log that two processes share could lose a transaction (https://sqlite.org/wal.html#walresetbug)
    database.exec(`PRAGMA journal_mode = ${isSafe(version) ? 'WAL' : 'TRUNCATE'}; PRAGMA synchronous = FULL`)
    database.exec(`
      CREATE TABLE IF NOT EXISTS swarmwatch_once (
        execution_id TEXT NOT NULL, tool TEXT NOT NULL, key TEXT NOT NULL, number INTEGER NOT NULL,
        owner TEXT NOT NULL, state TEXT NOT NULL, result TEXT, begun_at INTEGER NOT NULL,
        PRIMARY KEY (execution_id, tool, key, number)
      ) STRICT;
      CREATE INDEX IF NOT EXISTS swarmwatch_once_begun_at ON swarmwatch_once (begun_at);
      CREATE TABLE IF NOT EXISTS swarmwatch_attempts (
        execution_id TEXT NOT NULL, agent TEXT NOT NULL, attempt INTEGER NOT NULL, owner TEXT NOT NULL,
        traceparent TEXT, use TEXT, previous TEXT, begun_at INTEGER NOT NULL,
        PRIMARY KEY (execution_id, agent)
      ) STRICT;
      CREATE INDEX IF NOT EXISTS swarmwatch_attempts_begun_at ON swarmwatch_attempts (begun_at);
    `)
    return database
  } catch (error) {
    throw new Error(`sqliteOnceStore cannot open ${JSON.stringify(path)}: check its folder, its owner and the free space`, {
      cause: error,
    })
  }
}

function isSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1e6 + minor * 1e3 + patch >= 3_051_003
}
