import { type AlertGroup, type Configuration, isLastResort } from '@swarmwatch/config'

import type { TelemetryLogger } from '../logger.ts'
import { type AlertReceiver, consoleReceiver } from './alert-receiver.ts'
import { alertmanagerReceiver } from './alertmanager-receiver.ts'
import { type Deliver, groupReceiver, type GroupReceiverOptions } from './group-receiver.ts'

/** Options that decide the destination of alerts. */
export interface ReceiverOptions {
  readonly configuration: Configuration
  /** From the code; comes before all others. */
  readonly deliver?: Deliver | undefined
  /** Address of the status page, for links. */
  readonly pageUrl?: string | undefined
  readonly logger: TelemetryLogger | false
  /** Prints one line for the operator. */
  readonly warn: (text: string) => void
}

/**
 * Opens the first receiver that is set: `deliver` in code, `ALERTMANAGER_URL`, the embedded bridge
 * (with a channel besides the console), the console.
 */
export async function openReceiver({ configuration, deliver, pageUrl, logger, warn }: ReceiverOptions): Promise<AlertReceiver> {
  const page = pageUrl === undefined ? {} : { pageUrl }
  if (deliver) return groupReceiver(deliver, page)
  const { alertmanagerUrl, alertmanagerUser: user, alertmanagerPassword: password } = configuration.alerts
  if (alertmanagerUrl !== undefined)
    return alertmanagerReceiver(alertmanagerUrl, { ...page, ...(password && { login: { user, password } }) })
  const hasChannel = configuration.alerts.channels.some((channel) => !isLastResort(channel))
  return (hasChannel ? await embeddedBridge(configuration, warn, page) : undefined) ?? consoleReceiver(logger)
}

/** The bridge that `@swarmwatch/alert-bridge` opens in this process. */
export interface EmbeddedBridge {
  /** Resolves when the group is stored. */
  accept(group: AlertGroup): Promise<unknown>
  close(): Promise<void>
}

/** The part of `@swarmwatch/alert-bridge` that is used. */
export interface BridgePackage {
  openBridge(configuration: Configuration): Promise<EmbeddedBridge> | EmbeddedBridge
}

/**
 * An optional peer: the name is composed at run time, so that no compiler or bundler resolves it at
 * build time.
 */
const packageName: string = ['@swarmwatch', 'alert-bridge'].join('/')

/**
 * The alert bridge in this process. Undefined where it is not installed, or cannot be opened
 * (another process owns its data folder), which is logged.
 */
export async function embeddedBridge(
  configuration: Configuration,
  warn: (text: string) => void,
  options: Pick<GroupReceiverOptions, 'pageUrl'> = {},
  load: () => Promise<BridgePackage> = () =>
    import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ packageName) as Promise<BridgePackage>,
): Promise<AlertReceiver | undefined> {
  try {
    const bridge = await (await load()).openBridge(configuration)
    const close = (): Promise<void> => bridge.close()
    return groupReceiver((group) => bridge.accept(group), { name: 'the alert bridge in this process', close, ...options })
  } catch (error) {
    if (!isNotInstalled(error)) {
      const reason = error instanceof Error ? error.message : String(error)
      warn(`the alert bridge in this process could not be opened, alerts go to the console: ${reason}`)
    }
    return undefined
  }
}

function isNotInstalled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(packageName)
}
