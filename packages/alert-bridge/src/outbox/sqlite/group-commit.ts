import type { DatabaseSync } from 'node:sqlite'

import { StoreError, type StoreFailure } from '../store.ts'

/** Runs pieces of work that write. */
export interface GroupCommit {
  /** Resolves when the work is on disk, rejects when nothing of it is. The work must not touch anything but the database. */
  readonly write: <Result>(work: () => Result) => Promise<Result>
  /** Commits the work that waits, and accepts no more. */
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly work: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A group grows for at most this many turns of the event loop, so that no caller waits for requests that keep arriving. */
const maxTurns = 8

/** One transaction, so one fsync, for all that is written until a turn of the event loop brings nothing more. */
export function groupCommit(database: DatabaseSync): GroupCommit {
  let waiting: Waiting[] = []
  let turn: Promise<void> | undefined
  let isClosed = false

  function write<Result>(work: () => Result): Promise<Result> {
    if (isClosed) return Promise.reject(new StoreError('closed', 'the store is closed'))
    turn ??= new Promise((resolve) => setImmediate(commitOnceQuiet, resolve, 0, 1))
    return new Promise((resolve, reject) => {
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
    })
  }

  function commitOnceQuiet(resolve: () => void, before: number, turns: number): void {
    // requests that are sent together arrive in several turns; with a commit in each, they would wait for several fsyncs
    if (waiting.length > before && turns < maxTurns) setImmediate(commitOnceQuiet, resolve, waiting.length, turns + 1)
    else {
      commitWaiting()
      resolve()
    }
  }

  function commitWaiting(): void {
    const group = waiting
    waiting = []
    turn = undefined
    const failure = tryCommit(database, group)
    if (failure === undefined) return
    // one failing piece must not fail the others; but if nothing can be written, each would only wait again
    const isHopeless = failure.reason === 'locked' || failure.reason === 'read-only' || failure.reason === 'closed'
    for (const one of group) {
      const own = isHopeless || group.length === 1 ? failure : tryCommit(database, [one])
      if (own !== undefined) one.reject(own)
    }
  }

  async function close(): Promise<void> {
    isClosed = true
    await turn
  }

  return { write, close }
}

function tryCommit(database: DatabaseSync, group: readonly Waiting[]): StoreError | undefined {
  try {
    database.exec('BEGIN IMMEDIATE')
    const results = group.map(({ work }) => work())
    database.exec('COMMIT')
    group.forEach(({ resolve }, index) => resolve(results[index]))
    return undefined
  } catch (error) {
    rollBack(database)
    return storeErrorOf(error)
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    // after "full" the transaction has ended already, and a ROLLBACK would throw
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // the error that caused the rollback is the one to report
  }
}

// primary result codes of SQLite; the extended ones have them in the low byte
const failures: Readonly<Record<number, StoreFailure>> = { 5: 'locked', 6: 'locked', 8: 'read-only', 13: 'full' }

/** The `StoreError` for an error of node:sqlite. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const code = (error as { errcode?: unknown }).errcode
  const reason = typeof code === 'number' ? (failures[code & 0xff] ?? 'unavailable') : 'unavailable'
  const message = error instanceof Error ? error.message : String(error)
  return new StoreError(reason, `the store cannot write (${reason}): ${message}`, { cause: error })
}
