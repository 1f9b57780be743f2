import { type AlertGroup, type Configuration, isLastResort } from '@swarmwatch/config'

import type { Logger } from '../logger.ts'
import { type AlertReceiver, consoleReceiver } from './alert-receiver.ts'
import { alertmanagerReceiver } from './alertmanager-receiver.ts'
import { type Deliver, groupReceiver, type GroupReceiverOptions } from './group-receiver.ts'

/** What decides where alerts go. */
export interface ReceiverOptions {
  readonly configuration: Configuration
  /** In code; comes before all others. */
  readonly deliver?: Deliver | undefined
  /** Address of the status page, for links. */
  readonly pageUrl?: string | undefined
  readonly logger: Logger | false
  /** Says one line to the operator. */
  readonly warn: (text: string) => void
}

/** The first there is of: `deliver` in code, `ALERTMANAGER_URL`, the embedded bridge (where there is a channel beside the console), the console. */
export async function openReceiver({ configuration, deliver, pageUrl, logger, warn }: ReceiverOptions): Promise<AlertReceiver> {
  const page = pageUrl === undefined ? {} : { pageUrl }
  if (deliver) return groupReceiver(deliver, page)
  const { alertmanagerUrl, alertmanagerUser: user, alertmanagerPassword: password } = configuration.alerts
  if (alertmanagerUrl !== undefined)
    return alertmanagerReceiver(alertmanagerUrl, { ...page, ...(password && { login: { user, password } }) })
  const hasChannel = configuration.alerts.channels.some((channel) => !isLastResort(channel))
  return (hasChannel ? await embeddedBridge(configuration, warn, page) : undefined) ?? consoleReceiver(logger)
}

/** What `@swarmwatch/alert-bridge` gives when it runs in this process. */
export interface EmbeddedBridge {
  /** Resolves when the group is stored. */
  accept(group: AlertGroup): Promise<unknown>
  close(): Promise<void>
}

/** The part of `@swarmwatch/alert-bridge` that is used. */
export interface BridgePackage {
  openBridge(configuration: Configuration): Promise<EmbeddedBridge> | EmbeddedBridge
}

/** An optional peer: put together when it is needed, so that no compiler or bundler resolves it at build time. */
const packageName: string = ['@swarmwatch', 'alert-bridge'].join('/')

/**
 * The alert bridge in this process; undefined where it is not installed or cannot be opened (another process owns its data folder),
 * which is said.
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
