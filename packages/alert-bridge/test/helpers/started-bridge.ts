import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { onTestFinished } from 'vitest'

import type { StoredDelivery } from '../../src/outbox/store.ts'
import type { RoutedChannel } from '../../src/routing.ts'
import type { BridgeSettings } from '../../src/settings.ts'
import { type BridgeService, type ServiceOptions, startService } from '../../src/start-service.ts'
import { token } from './token.ts'

export interface StartedBridge {
  readonly service: BridgeService
  readonly url: string
  readonly dataDir: string
  /** Its output. */
  readonly lines: string[]
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  get(path: string): Promise<Response>
  deliveries(state?: string): Promise<StoredDelivery[]>
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>
  metric(name: string): Promise<number | undefined>
}

export interface StartOptions extends Omit<ServiceOptions, 'channels' | 'write'> {
  /** Recording channels, or real ones. */
  readonly channels: readonly { readonly routed: RoutedChannel }[]
  readonly dataDir?: string
  /** A PostgreSQL database in place of the folder. */
  readonly databaseUrl?: string
  readonly settings?: Partial<BridgeSettings>
}

/** Settings of a bridge on a free port of this machine, without channels. */
export function plainSettings({
  dataDir,
  databaseUrl,
}: {
  readonly dataDir: string
  readonly databaseUrl: string | undefined
}): BridgeSettings {
  return {
    port: 0,
    host: '127.0.0.1',
    tokens: [new Secret(token)],
    dataDir,
    ...(databaseUrl !== undefined && { databaseUrl: new Secret(databaseUrl) }),
    heartbeatUrl: undefined,
    watchdogSeconds: 0,
    channels: [],
    notices: [],
  }
}

/** A whole bridge on a free port with a store on disk; it ends with the test. */
export async function startedBridge({
  channels,
  dataDir = temporaryFolder(),
  databaseUrl,
  settings,
  ...options
}: StartOptions): Promise<StartedBridge> {
  const lines: string[] = []
  const service = await startService(
    {
      ...plainSettings({ dataDir, databaseUrl }),
      ...settings,
    },
    { ...options, channels: channels.map(({ routed }) => routed), write: (line) => lines.push(line) },
  )
  onTestFinished(() => service.stop().catch(() => {}))
  const url = `http://127.0.0.1:${service.port}`
  const authorization = `Bearer ${token}`
  const get = (path: string): Promise<Response> => fetch(url + path, { headers: { authorization } })
  const deliveries = async (state?: string): Promise<StoredDelivery[]> => {
    const response = await get(`/api/v1/deliveries?limit=1000${state === undefined ? '' : `&state=${state}`}`)
    return ((await response.json()) as { deliveries: StoredDelivery[] }).deliveries
  }
  return {
    service,
    url,
    dataDir,
    lines,
    get,
    deliveries,
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
      }),
    idle: async () => {
      await eventually('nothing to wait', async () => (await deliveries('pending')).length === 0)
    },
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`${name} `))
      return line === undefined ? undefined : Number(line.slice(name.length + 1))
    },
  }
}
