import type { Configuration } from '@swarmwatch/config'

import type { Logger } from '../../logger.ts'
import type { AlertReceiver } from './alert-receiver.ts'
import { alertmanagerReceiver } from './alertmanager-receiver.ts'
import { consoleReceiver } from './console-receiver.ts'
import { embeddedBridge } from './embedded-bridge.ts'
import { type Deliver, groupReceiver } from './group-receiver.ts'

/** What decides where alerts go. */
export interface ReceiverOptions {
  readonly configuration: Configuration
  /** In code; comes before all others. */
  readonly deliver?: Deliver | undefined
  /** Address of the status page, for links. */
  readonly pageUrl?: string | undefined
  readonly logger: Logger | false
  /** Says one line to the operator. */
  readonly say: (text: string) => void
}

/** The first there is of: `deliver` in code, `ALERTMANAGER_URL`, the embedded bridge (where there is a channel beside the console), the console. */
export async function openReceiver({ configuration, deliver, pageUrl, logger, say }: ReceiverOptions): Promise<AlertReceiver> {
  const page = pageUrl === undefined ? {} : { pageUrl }
  if (deliver) return groupReceiver(deliver, page)
  const { alertmanagerUrl, alertmanagerUser: user, alertmanagerPassword: password } = configuration.alerts
  if (alertmanagerUrl !== undefined)
    return alertmanagerReceiver(alertmanagerUrl, { ...page, ...(password && { login: { user, password } }) })
  const reachesPeople = configuration.alerts.channels.some(({ type }) => type !== 'console')
  return (reachesPeople ? await embeddedBridge(configuration, say, page) : undefined) ?? consoleReceiver(logger)
}
