import type {
  BreakerStates,
  Bucket,
  CalendarCopies,
  CalendarCopy,
  MetaState,
  MetaStates,
  OpenBreaker,
  PeerHeartbeat,
  PeerStates,
  RateLimitStates,
} from '../store.ts'
import type { Database } from './transactions.ts'

type Kind = 'bucket' | 'breaker' | 'meta' | 'peer' | 'watchdog' | 'calendar'

/** JSON documents by kind and key, which all bridges of a database share. */
export interface SharedStates {
  readonly get: <State>(kind: Kind, key: string) => Promise<State | undefined>
  readonly all: <State>(kind: Kind) => Promise<(readonly [string, State])[]>
  readonly put: (kind: Kind, key: string, state: unknown) => Promise<void>
  readonly forget: (kind: Kind, key: string) => Promise<void>
  /** Replaces a state in one transaction; undefined deletes it, and the same object changes nothing. */
  readonly change: <State, Next extends State | undefined>(
    kind: Kind,
    key: string,
    change: (known: State | undefined) => Next,
  ) => Promise<Next>
}

const upsert =
  'INSERT INTO states (kind, key, state) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET state = excluded.state'
const remove = 'DELETE FROM states WHERE kind = $1 AND key = $2'
const select = 'SELECT state FROM states WHERE kind = $1 AND key = $2'

export function sharedStates({ query, transaction }: Database): SharedStates {
  return {
    get: async <State>(kind: Kind, key: string) => stateIn<State>(await query(select, [kind, key])),
    all: async <State>(kind: Kind) => {
      const rows = await query<StateRow>('SELECT key, state FROM states WHERE kind = $1 ORDER BY key', [kind])
      return rows.map(({ key, state }) => [key, JSON.parse(state) as State] as const)
    },
    put: async (kind, key, state) => void (await query(upsert, [kind, key, JSON.stringify(state)])),
    forget: async (kind, key) => void (await query(remove, [kind, key])),
    change: <State, Next extends State | undefined>(kind: Kind, key: string, change: (known: State | undefined) => Next) =>
      transaction(async (tx) => {
        // a row that does not exist yet cannot be locked
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 3))", [kind, key])
        const known = stateIn<State>(await tx.query(select, [kind, key]))
        const next = change(known)
        if (next === undefined && known !== undefined) tx.send(remove, [kind, key])
        if (next !== undefined && next !== known) tx.send(upsert, [kind, key, JSON.stringify(next)])
        return next
      }),
  }
}

interface StateRow {
  readonly key: string
  readonly state: string
}

function stateIn<State>(rows: readonly StateRow[]): State | undefined {
  return rows[0] && (JSON.parse(rows[0].state) as State)
}

/** The states that the bridge stores. */
export function postgresStates({
  get,
  all,
  put,
  forget,
  change,
}: SharedStates): RateLimitStates & BreakerStates & MetaStates & PeerStates & CalendarCopies {
  return {
    bucket: (channel) => get<Bucket>('bucket', channel),
    changeBucket: (channel, next) => change<Bucket, Bucket>('bucket', channel, next),
    breaker: (channel) => get<OpenBreaker>('breaker', channel),
    changeBreaker: (channel, next) => change<OpenBreaker, OpenBreaker | undefined>('breaker', channel, next),
    metaStates: async () => (await all<MetaState>('meta')).map(([, state]) => state),
    saveMetaState: (state) => put('meta', state.key, state),
    forgetMetaState: (key) => forget('meta', key),
    peerStates: async () => (await all<PeerHeartbeat>('peer')).map(([, peer]) => peer),
    savePeerState: (peer) => put('peer', peer.name, peer),
    forgetPeerState: (name) => forget('peer', name),
    calendarCopy: (rotation) => get<CalendarCopy>('calendar', rotation),
    saveCalendarCopy: (rotation, copy) => put('calendar', rotation, copy),
  }
}
