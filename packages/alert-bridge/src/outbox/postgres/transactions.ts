import type { Writable } from 'node:stream'

import type { Client } from 'pg'

import { StoreError } from '../store.ts'
import type { Connections } from './connections.ts'
import { codeOf, isConflict } from './store-error.ts'

/** Statements of one transaction. They are sent at once, without waiting for the answers to earlier ones. */
export interface Transaction {
  readonly query: <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>
  /** Like `query`, but its result does not matter; if it fails, the transaction fails. */
  readonly send: (text: string, values?: readonly unknown[]) => void
}

/** Runs transactions and single statements, and repeats them, which must be harmless, after a conflict with another transaction. */
export interface Database {
  /** Resolves when the work is committed. */
  readonly transaction: <Result>(work: (transaction: Transaction) => Promise<Result> | Result) => Promise<Result>
  /** One statement in a transaction of its own. */
  readonly query: <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>
}

const maxConflicts = 3

export function databaseOf({ use }: Pick<Connections, 'use'>): Database {
  async function repeated<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    for (let conflicts = 1; ; conflicts += 1) {
      try {
        return await use(work)
      } catch (error) {
        if (conflicts >= maxConflicts || !isConflict((error as Error).cause)) throw error
      }
    }
  }

  return {
    transaction: (work) => repeated((client) => runTransaction(client, work)),
    query: (text, values) => repeated((client) => run(client, text, values)),
  }
}

/** Runs one transaction on a connection. Rejects with the error of the first statement that failed. */
async function runTransaction<Result>(
  client: Client,
  work: (transaction: Transaction) => Promise<Result> | Result,
): Promise<Result> {
  const sent: Promise<unknown>[] = []
  const send = (text: string, values?: readonly unknown[]): void => {
    const done = run(client, text, values)
    done.catch(() => {})
    sent.push(done)
  }
  sendTogether(client)
  try {
    send('BEGIN')
    const result = await work({
      send,
      query: <Row>(text: string, values?: readonly unknown[]) => {
        const done = run<Row>(client, text, values)
        done.catch(() => {})
        return done
      },
    })
    const commit = client.query('COMMIT')
    await Promise.all([...sent, commit])
    // without an error, PostgreSQL answers COMMIT with ROLLBACK when an earlier statement failed
    if ((await commit).command !== 'COMMIT') throw new StoreError('unavailable', 'the store cannot write: it rolled back')
    return result
  } catch (error) {
    const results = await Promise.allSettled(sent)
    await client.query('ROLLBACK').catch(() => {})
    // a statement after the one that failed only reports that the transaction has failed
    const cause = results.find((result) => result.status === 'rejected' && !isAborted(result.reason))
    throw isAborted(error) && cause?.status === 'rejected' ? cause.reason : error
  }
}

/** Statements of this turn of the event loop, up to COMMIT, are one write to the socket, and often one packet. */
function sendTogether(client: Client): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

function isAborted(error: unknown): boolean {
  return codeOf(error) === '25P02'
}

/** Names of prepared statements; there are as many as there are texts in this program. */
const names = new Map<string, string>()

async function run<Row>(client: Client, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  let name = names.get(text)
  if (name === undefined) {
    name = `bridge_${names.size}`
    names.set(text, name)
  }
  const { rows } = await client.query({ name, text, values: values.map(withoutNul) })
  return rows as Row[]
}

/** PostgreSQL stores no NUL character; an alert may contain it in a label. */
function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
  return Array.isArray(value) ? value.map(withoutNul) : value
}
