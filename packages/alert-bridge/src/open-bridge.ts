import { metrics } from '@opentelemetry/api'
import type { AlertChannel, AlertGroup, AlertSettings, Secret } from '@swarmwatch/config'

import { startCore, type BridgeCore } from './bridge-core.ts'
import { openConsoleChannel } from './channels/console/console-channel.ts'
import { peopleOf } from './escalation/run-escalation.ts'
import { checkAlertGroup } from './intake/read-alert-group.ts'
import { noticeOfGroup } from './intake/prepare-entry.ts'
import type { MessageStyle } from './message/notice.ts'
import { damagedDatabaseText } from './message/meta-notices.ts'
import { otelMetrics } from './metrics/bridge-metrics.ts'
import { openChannels } from './channels/open-channels.ts'
import { proxiedFetch, type ProxySettings, readProxies } from './channels/proxy.ts'
import { steadyClock } from './clock.ts'
import { openStore } from './outbox/open-store.ts'
import { FolderTakenError } from './outbox/store.ts'

/** A bridge in this process. */
export interface Bridge {
  /**
   * Accepts a group as Alertmanager's webhook sends it. Resolves when it is on disk; rejects when it could not be stored, and with a
   * TypeError when it is not such a group.
   */
  readonly accept: (group: AlertGroup) => Promise<{ readonly id: string; readonly duplicate?: string }>
  /** Ends the attempts in progress. The other deliveries remain stored for the next start. */
  readonly close: () => Promise<void>
}

/** The settings that {@link openBridge} uses; a `Configuration` of `@swarmwatch/config` contains them. */
export interface BridgeConfiguration {
  readonly alerts: { readonly channels: readonly AlertChannel[] } & MessageStyle &
    Partial<Pick<AlertSettings, 'escalation' | 'rotations'>>
}

/** Options for {@link openBridge}. */
export interface BridgeOptions {
  /** @default BRIDGE_DATA_DIR, else '.swarmwatch/bridge' */
  readonly dataDir?: string | undefined
  /** A PostgreSQL database in place of the folder, as `BRIDGE_DATABASE_URL` of `alert-bridge serve`. @default none */
  readonly databaseUrl?: Secret | undefined
  /** @default BRIDGE_PROXY, HTTPS_PROXY, HTTP_PROXY and NO_PROXY */
  readonly proxies?: ProxySettings | undefined
  /** Prints one line. @default console.error */
  readonly write?: ((line: string) => void) | undefined
}

/**
 * Opens a bridge in this process: the same as `alert-bridge serve`, without HTTP and without the dead-man's switch. A data folder has
 * one owner: if another process owns it, groups go to the console, and a line reports that.
 * @example
 * const bridge = await openBridge(loadConfiguration())
 * await bridge.accept(group)
 */
export async function openBridge(configuration: BridgeConfiguration, options: BridgeOptions = {}): Promise<Bridge> {
  const {
    dataDir = process.env['BRIDGE_DATA_DIR'] || '.swarmwatch/bridge',
    databaseUrl,
    proxies = readProxies(process.env),
    write = (line: string) => console.error(line),
  } = options
  try {
    const { store, setAside, now } = await openStore({ dataDir, databaseUrl })
    if (setAside !== undefined) write(`[BRIDGE] ${damagedDatabaseText(setAside)}`)
    const { channels: configured, escalation: steps = [], rotations = [], ...style } = configuration.alerts
    const channels = openChannels(configured, { write, style, proxies, people: peopleOf({ steps, rotations }) })
    const meter = metrics.getMeter('@swarmwatch/alert-bridge')
    const names = channels.map(({ channel }) => channel.name)
    const core = await startCore({
      store,
      channels,
      metrics: otelMetrics(meter, names),
      now,
      write,
      escalation: { steps, rotations, fetch: proxiedFetch(proxies) },
    })
    return bridgeOf(core)
  } catch (error) {
    if (!(error instanceof FolderTakenError)) throw error
    write(`[BRIDGE] ${error.message}. Until then, alerts of this process go to the console only`)
    return consoleBridge(write, steadyClock())
  }
}

function bridgeOf(core: BridgeCore): Bridge {
  return { accept: async (group) => core.acceptGroup(checked(group)), close: core.close }
}

function consoleBridge(write: (line: string) => void, now: () => number): Bridge {
  const channel = openConsoleChannel({ name: 'console' }, { write })
  return {
    accept: async (group) => {
      const id = `console-${now().toString(36)}`
      const notice = noticeOfGroup(checked(group), group.status === 'firing' ? 'firing' : 'resolved', id)
      await channel.deliver({ id, recipient: 'console', notice }, new AbortController().signal)
      return { id }
    },
    close: () => channel.close(),
  }
}

function checked(group: unknown): AlertGroup {
  const read = checkAlertGroup(group)
  if (read.kind === 'unreadable') throw new TypeError(`accept() needs an Alertmanager webhook of version 4: ${read.reason}`)
  return read.value
}
