import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts'
import { FolderTakenError } from '../store/store-error.ts'
import type { BridgeSettings } from '../settings.ts'

export interface ReplayOptions {
  /** Ids of deliveries; none means all that are dead. */
  readonly ids: readonly string[]
  readonly settings: BridgeSettings
  readonly write: (line: string) => void
}

type Result = 'replayed' | 'unknown' | 'not-dead'

const words: Readonly<Record<Result, string>> = {
  replayed: 'is tried again',
  unknown: 'is unknown',
  'not-dead': 'is not dead, so it is not replayed',
}

/** Has dead deliveries tried again: by the bridge that runs, else at its next start. Gives the exit code. */
export async function replay({ ids, settings, write }: ReplayOptions): Promise<number> {
  const results = await inFolder(ids, settings.dataDir).catch((error: unknown) => {
    if (error instanceof FolderTakenError) return byHttp(ids, settings)
    throw error
  })
  for (const [id, result] of results) write(`${id} ${words[result]}`)
  write(`${results.filter(([, result]) => result === 'replayed').length} of ${results.length} replayed`)
  return results.every(([, result]) => result === 'replayed') ? 0 : 1
}

async function inFolder(ids: readonly string[], dataDir: string): Promise<[string, Result][]> {
  const { store } = openSqliteStore(dataDir)
  try {
    const chosen = ids.length > 0 ? ids : store.list({ state: 'dead', limit: -1 }).map(({ id }) => id)
    return await Promise.all(chosen.map(async (id): Promise<[string, Result]> => [id, await store.replay(id, Date.now())]))
  } finally {
    await store.close()
  }
}

async function byHttp(ids: readonly string[], { host, port, tokens }: BridgeSettings): Promise<[string, Result][]> {
  const token = tokens[0]?.reveal()
  if (token === undefined) throw new Error('a bridge runs on this data folder; set BRIDGE_TOKEN to ask it')
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${port}/api/v1/deliveries`
  const ask = (path: string, method: string): Promise<Response> =>
    fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    })
  const chosen = ids.length > 0 ? ids : await deadIds(ask)
  const results: [string, Result][] = []
  for (const id of chosen) {
    const { status } = await ask(`/${encodeURIComponent(id)}/replay`, 'POST')
    if (status !== 200 && status !== 404 && status !== 409) throw new Error(`the bridge answered ${status}`)
    results.push([id, status === 200 ? 'replayed' : status === 404 ? 'unknown' : 'not-dead'])
  }
  return results
}

async function deadIds(ask: (path: string, method: string) => Promise<Response>): Promise<string[]> {
  const response = await ask('?state=dead&limit=1000', 'GET')
  if (!response.ok) throw new Error(`the bridge answered ${response.status}`)
  const { deliveries } = (await response.json()) as { deliveries: { id: string }[] }
  return deliveries.map(({ id }) => id)
}
