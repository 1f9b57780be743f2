import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { type AlertGroup, hostAndPort } from '@swarmwatch/config'
import { asJson, type ExitCode } from '@swarmwatch/config/command-line'

import { openChannels } from '../channels/open-channels.ts'
import { deliveryTimes } from '../deliveries/delivery-context.ts'
import { replayQuarantined } from '../intake/intake.ts'
import { prepareGroup } from '../intake/prepare-entry.ts'
import { databaseFile } from '../outbox/sqlite/open-database.ts'
import { openStore, type StorePlace } from '../outbox/open-store.ts'
import { type Accepted, FolderTakenError } from '../outbox/store.ts'
import type { BridgeSettings } from '../settings.ts'

export interface ReplayOptions {
  /** Ids of deliveries and of quarantined bodies; none means all that are dead and all in quarantine. */
  readonly ids: readonly string[]
  readonly settings: BridgeSettings
  readonly write: (line: string) => void
  /** Whether the results are one JSON document. @default false */
  readonly json?: boolean
}

type Result = 'replayed' | 'unknown' | 'not-dead' | 'unreadable'

const words: Readonly<Record<Result, string>> = {
  replayed: 'is retried',
  unknown: 'is unknown',
  'not-dead': 'is not dead, so it is not replayed',
  unreadable: 'still cannot be read, so it stays in quarantine',
}

/**
 * Has dead deliveries tried again, and quarantined bodies read again, as an upgrade may be able to: by the bridge that runs, else at its
 * next start. Returns the exit code.
 */
export async function replay({ ids, settings, write, json = false }: ReplayOptions): Promise<ExitCode> {
  const results = await inStore(ids, settings).catch((error: unknown) => {
    if (error instanceof FolderTakenError) return byHttp(ids, settings)
    throw error
  })
  const replayed = results.filter(([, result]) => result === 'replayed').length
  if (json) write(asJson({ results: results.map(([id, result]) => ({ id, result })), replayed }))
  else {
    for (const [id, result] of results) write(`${id} ${words[result]}`)
    write(`${replayed} of ${results.length} replayed`)
  }
  // who names none does not ask for those that nothing can be done about
  const isFine = (result: Result): boolean => result === 'replayed' || (ids.length === 0 && result === 'unreadable')
  return results.every(([, result]) => isFine(result)) ? 0 : 1
}

async function inStore(ids: readonly string[], settings: BridgeSettings): Promise<[string, Result][]> {
  const { store, now: clock } = await openStore(settings)
  const now = clock()
  const opened = openChannels(settings.channels, { style: settings.style, proxies: settings })
  const keep = (group: AlertGroup): Promise<Accepted> => {
    const { entry, decide } = prepareGroup(group, { channels: opened, plan: deliveryTimes, receivedAt: now })
    return store.accept(entry, decide)
  }
  const replayOne = async (id: string): Promise<[string, Result]> => {
    const ofDelivery = await store.replay(id, now)
    if (ofDelivery !== 'unknown') return [id, ofDelivery]
    const ofBody = await replayQuarantined(id, store, keep)
    return [id, typeof ofBody === 'object' ? 'unreadable' : ofBody]
  }
  try {
    const all = [...(await store.list({ state: 'dead' })), ...(await store.listQuarantined())].map(({ id }) => id)
    return await Promise.all((ids.length > 0 ? ids : all).map(replayOne))
  } finally {
    await Promise.all(opened.map(({ channel }) => channel.close()))
    await store.close()
  }
}

const resultOf: Readonly<Record<number, Result>> = { 200: 'replayed', 404: 'unknown', 409: 'not-dead', 422: 'unreadable' }

async function byHttp(ids: readonly string[], { host, port, tokens }: BridgeSettings): Promise<[string, Result][]> {
  const token = tokens[0]?.reveal()
  if (token === undefined)
    throw new Error('a running bridge uses this data folder; set BRIDGE_TOKEN so that this command can call it')
  const base = `http://${hostAndPort(host, port)}/api/v1/deliveries`
  const ask = (path: string, method: string): Promise<Response> =>
    fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    })
  const chosen = ids.length > 0 ? ids : await allIds(ask)
  const results: [string, Result][] = []
  for (const id of chosen) {
    const { status } = await ask(`/${encodeURIComponent(id)}/replay`, 'POST')
    const result = resultOf[status]
    if (result === undefined) throw new Error(`the bridge answered ${status}`)
    results.push([id, result])
  }
  return results
}

async function allIds(ask: (path: string, method: string) => Promise<Response>): Promise<string[]> {
  const found: string[] = []
  for (const state of ['dead', 'quarantined']) {
    const response = await ask(`?state=${state}&limit=1000`, 'GET')
    if (!response.ok) throw new Error(`the bridge answered ${response.status}`)
    const { deliveries = [], quarantined = [] } = (await response.json()) as Readonly<Record<string, { id: string }[]>>
    found.push(...[...deliveries, ...quarantined].map(({ id }) => id))
  }
  return found
}

export interface BackupOptions {
  readonly place: StorePlace
  readonly file: string
  readonly write: (line: string) => void
  /** Whether the result is one JSON document. @default false */
  readonly json?: boolean
}

/** Writes a copy of the store, also while a bridge uses it. Returns the exit code. */
export function backup({ place, file, write, json = false }: BackupOptions): ExitCode {
  const reason = whyNotCopied(place, file)
  if (json) write(asJson(reason === undefined ? { result: 'copied', file } : { result: 'failed', reason }))
  else write(reason === undefined ? `the store was copied to ${file}` : `the backup failed: ${reason}`)
  return reason === undefined ? 0 : 1
}

/** Copies the store; returns the reason if it could not. */
function whyNotCopied({ dataDir, databaseUrl }: StorePlace, file: string): string | undefined {
  if (databaseUrl !== undefined) return 'the store is a PostgreSQL database; copy its schema swarmwatch_bridge with pg_dump'
  const source = databaseFile(dataDir)
  if (file === '') return 'the name of the file is empty'
  if (!existsSync(source)) return `there is no store in ${dataDir}; set BRIDGE_DATA_DIR to the data folder of the bridge`
  if (existsSync(file)) return `${file} already exists`
  const database = new DatabaseSync(source, { readOnly: true, timeout: 5_000 })
  try {
    database.prepare('VACUUM INTO ?').run(file)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    database.close()
  }
}
