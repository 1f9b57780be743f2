import type { Client } from 'pg'

import type { Sharing } from '../store.ts'
import { type Connections, openConnections } from './connections.ts'
import type { DatabaseClock } from './database-clock.ts'
import type { DatabaseAddress } from './database-url.ts'
import { type SharedStates, sharedStates } from './states.ts'
import { type Database, databaseOf } from './transactions.ts'
import { type Owner, ownerLifeMs, releaseAbandoned, reportAlive } from './upkeep.ts'

/** Options for {@link postgresSharing}. */
export interface SharingOptions {
  readonly address: DatabaseAddress
  /** For the report that this bridge lives; other work must not delay it. */
  readonly database: Database
  readonly states: SharedStates
  readonly owner: Owner
  readonly askTime: DatabaseClock['ask']
}

const channel = 'swarmwatch_bridge'
/** Number of the advisory lock that the leader holds. */
const leaderLock = 7_402_651_189
/** Several beats. */
const idleLeaderMs = 30_000
/** Many alerts at once cause one notification. */
const announceEveryMs = 100
/** Wait before the next attempt to open the connection that listens. Meanwhile the bridges look every few seconds. */
const listenAgainMs = 1_000

/** Connects the bridges of a database: one connection of each listens, and that of the leader holds a lock. */
export function postgresSharing({
  address,
  database,
  states,
  owner,
  askTime,
}: SharingOptions): Sharing & { readonly close: () => Promise<void> } {
  const listeners: (() => void)[] = []
  let connections: Connections | undefined
  let listener: Client | undefined
  let isLeading = false
  let announcing: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  let lastBeatAt = Number.NEGATIVE_INFINITY
  let watchingSince = performance.now()
  let isClosed = false
  const ended = Promise.withResolvers<void>()
  // not one of the connections that the work needs itself
  const locks = openConnections({ address, max: 1 })
  const locking = databaseOf(locks)
  let watchdogAt: number | undefined

  function notifyListeners(): void {
    for (const one of listeners) one()
  }

  /** Keeps one connection for as long as it lasts. */
  async function listen(): Promise<void> {
    if (isClosed) return
    connections = openConnections({ address, max: 1, askTime })
    const broken = Promise.withResolvers<void>()
    await connections
      .use(async (client) => {
        client.on('end', () => broken.resolve())
        client.on('error', () => broken.resolve())
        client.on('notification', ({ payload }) => {
          if (payload !== owner.id) notifyListeners()
        })
        await client.query(`LISTEN ${channel}`)
        // a notification is a commit, and up to ten a second would each wait for the disk, or for a standby
        await client.query('SET synchronous_commit = off')
        // a leader that is paused, and so does not call beat(), is replaced
        await client.query(`SET idle_session_timeout = ${idleLeaderMs}`)
        listener = client
        await lead(client)
        // what was announced before is not known here
        notifyListeners()
        await Promise.race([broken.promise, ended.promise])
      })
      .catch(() => {})
    listener = undefined
    isLeading = false
    await connections.close()
    if (!isClosed) again = setTimeout(() => void listen(), listenAgainMs)
  }

  /** Becomes the leader if no other bridge is. The lock ends with the connection. */
  async function lead(client: Client): Promise<void> {
    if (isLeading) return
    const { rows } = await client.query<{ leads: boolean }>('SELECT pg_try_advisory_lock($1) AS leads', [leaderLock])
    isLeading = rows[0]?.leads === true && client === listener
  }

  async function beat(): Promise<number> {
    const at = performance.now()
    // after an outage of the database, the other bridges get the time to report, too
    if (at - lastBeatAt > ownerLifeMs / 2) watchingSince = at
    const released = await database.transaction((tx) => {
      reportAlive(tx, owner)
      return at - watchingSince > ownerLifeMs ? releaseAbandoned(tx) : 0
    })
    lastBeatAt = performance.now()
    watchdogAt = (await sharedStates(database).get<number>('watchdog', 'last')) ?? watchdogAt
    const client = listener
    if (client !== undefined) {
      // a connection that was cut off without a word shows here
      await lead(client)
      const onTime = askTime()
      const { rows } = await client.query<{ at: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at')
      if (rows[0] !== undefined) onTime(rows[0].at)
    }
    if (released > 0) announceWork()
    return released
  }

  async function exclusively<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    let started: Promise<Result> | undefined
    await locking
      .transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 4))', [key])
        started ??= work()
        await started.catch(() => {})
      })
      .catch(() => {})
    return started ?? work()
  }

  function announceWork(): void {
    announcing ??= setTimeout(() => {
      announcing = undefined
      // best effort: a bridge that misses it looks again within seconds
      listener?.query('SELECT pg_notify($1, $2)', [channel, owner.id]).catch(() => {})
    }, announceEveryMs)
  }

  void listen()
  return {
    beat,
    serve: (channels) => {
      owner.channels = channels
    },
    announceWork,
    exclusively,
    saveWatchdog: async (at) => {
      watchdogAt = at
      await states.put('watchdog', 'last', at)
    },
    watchdogAt: () => watchdogAt,
    isLeader: () => isLeading,
    onWork: (one) => void listeners.push(one),
    close: async () => {
      isClosed = true
      clearTimeout(announcing)
      clearTimeout(again)
      ended.resolve()
      await Promise.all([connections?.close(), locks.close()])
    },
  }
}
