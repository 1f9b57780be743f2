import type { Bucket, MetaState, MetaStates, PeerStates, RateLimitStates } from '../store.ts'
import type { Database } from './transactions.ts'

type Kind = 'bucket' | 'meta' | 'peer'

/** State that all bridges of a database share. */
export function postgresStates({ query }: Database): RateLimitStates & MetaStates & PeerStates {
  async function put(kind: Kind, key: string, state: unknown): Promise<void> {
    await query(
      'INSERT INTO states (kind, key, state) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET state = excluded.state',
      [kind, key, JSON.stringify(state)],
    )
  }

  async function forget(kind: Kind, key: string): Promise<void> {
    await query('DELETE FROM states WHERE kind = $1 AND key = $2', [kind, key])
  }

  async function all<State>(kind: Kind): Promise<(readonly [string, State])[]> {
    const rows = await query<{ key: string; state: string }>('SELECT key, state FROM states WHERE kind = $1 ORDER BY key', [kind])
    return rows.map(({ key, state }) => [key, JSON.parse(state) as State] as const)
  }

  return {
    bucket: async (channel) => {
      const [row] = await query<{ state: string }>('SELECT state FROM states WHERE kind = $1 AND key = $2', ['bucket', channel])
      return row && (JSON.parse(row.state) as Bucket)
    },
    saveBucket: (channel, bucket) => put('bucket', channel, bucket),
    metaStates: async () => (await all<MetaState>('meta')).map(([, state]) => state),
    saveMetaState: (state) => put('meta', state.key, state),
    forgetMetaState: (key) => forget('meta', key),
    peerStates: async () => (await all<number>('peer')).map(([name, lastAt]) => ({ name, lastAt })),
    savePeerState: ({ name, lastAt }) => put('peer', name, lastAt),
    forgetPeerState: (name) => forget('peer', name),
  }
}
