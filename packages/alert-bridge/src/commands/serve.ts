import { setTimeout as pause } from 'node:timers/promises'

import { hostAndPort, isLastResort } from '@swarmwatch/config'
import type { ExitCode } from '@swarmwatch/config/command-line'
import { ListenError } from '@swarmwatch/config/listen'

import { FolderTakenError, StoreError } from '../outbox/store.ts'
import { type BridgeService, startService, type ServiceOptions } from '../start-service.ts'
import type { BridgeSettings } from '../settings.ts'

/** Runs the bridge until SIGTERM or SIGINT. Returns the exit code. */
export async function serve(settings: BridgeSettings, options: ServiceOptions = {}): Promise<ExitCode> {
  const { write = (line: string) => console.error(line) } = options
  for (const notice of settings.notices) write(`[BRIDGE] ${notice}`)
  const reaching = reachingChannels(settings.channels).length
  if (reaching < 2 && options.channels === undefined) write(`[BRIDGE] ${fewChannelsLine(reaching)}`)
  const asked = Promise.withResolvers<string>()
  const abort = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      asked.resolve(signal)
      abort.abort()
    })
  }
  try {
    const service = await startPatiently(settings, { ...options, write, stop: abort.signal })
    if (service === undefined) return 0
    write(`[BRIDGE] ready on http://${hostAndPort(settings.host, service.port)}, channels: ${namesOf(settings)}`)
    write(`[BRIDGE] ${await asked.promise}: stopping`)
    await service.stop()
    write('[BRIDGE] stopped; waiting deliveries are sent after the next start')
    return 0
  } catch (error) {
    const isKnown = error instanceof FolderTakenError || error instanceof StoreError || error instanceof ListenError
    const isTaken = error instanceof ListenError && error.reason === 'port-taken'
    const cure = isTaken ? '; stop the process that uses the port, or set BRIDGE_PORT (0 selects a free port)' : ''
    write(`[BRIDGE] cannot start: ${isKnown ? error.message : String(error)}${cure}`)
    return 1
  }
}

type PatientOptions = ServiceOptions & { readonly write: (line: string) => void; readonly stop: AbortSignal }

const startAgainMs = 1_000

/** Waits until the database can be reached, as long as it takes. Returns undefined if it is stopped before. */
async function startPatiently(
  settings: BridgeSettings,
  { stop, ...options }: PatientOptions,
): Promise<BridgeService | undefined> {
  let reported: string | undefined
  for (;;) {
    try {
      return await startService(settings, options)
    } catch (error) {
      const mayRecover = settings.databaseUrl !== undefined && error instanceof StoreError && error.reason !== 'newer-schema'
      if (!mayRecover) throw error
      if (error.message !== reported) options.write(`[BRIDGE] waits for its database: ${error.message}`)
      reported = error.message
      await pause(startAgainMs, undefined, { signal: stop }).catch(() => {})
      if (stop.aborted) return undefined
    }
  }
}

/** The channels except last resorts, such as the console, which may reach no one. */
export function reachingChannels(channels: BridgeSettings['channels']): BridgeSettings['channels'] {
  return channels.filter((one) => !isLastResort(one))
}

/** Warning about fewer than two channels. */
export function fewChannelsLine(count: number): string {
  return count === 0
    ? 'the console is the only channel, so no one is notified; set alerts.channels or ALERT_*'
    : 'there is only one channel besides the console: when it is down, no one is notified; add a second channel of another type'
}

function namesOf({ channels }: BridgeSettings): string {
  return channels.map(({ name, type }) => (name === type ? name : `${name} (${type})`)).join(', ') || 'none'
}
