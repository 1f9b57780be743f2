import { startAlertmanager, type Alertmanager } from './alertmanager-container.ts'
import { alertmanagerSettings } from './alertmanager-settings.ts'
import { startBridgeTeller, type BridgeTeller } from './bridge-teller.ts'
import type { Fault, Teller } from './faults.ts'
import { openMailSink, type MailSink } from './mail-sink.ts'
import { openSlackSink, type SlackSink } from './slack-sink.ts'
import { openToldLog, type ToldLog } from './told-log.ts'

/** All that one case needs, running: its own channels, Alertmanager and, where it tells, bridge. */
export interface Stand extends AsyncDisposable {
  readonly fault: Fault
  readonly teller: Teller
  readonly recipients: readonly string[]
  readonly log: ToldLog
  readonly slack: SlackSink
  readonly mail: MailSink
  readonly alertmanager: Alertmanager
  readonly bridge: BridgeTeller | undefined
}

/** Starts it; what had been started is ended when something fails. */
export async function openStand(fault: Fault, teller: Teller, cli: string): Promise<Stand> {
  await using starting = new AsyncDisposableStack()
  const log = openToldLog()
  const slack = starting.use(await openSlackSink(log))
  const mail = starting.use(await openMailSink(log))
  const { recipients = ['people@example.com'] } = fault
  const channels = { slackUrl: slack.url, mailPort: mail.port, recipients }
  const bridge = teller === 'with the bridge' ? starting.use(await startBridgeTeller(cli, channels)) : undefined
  const alertmanager = starting.use(await startAlertmanager(alertmanagerSettings(teller, channels, bridge?.address)))
  const started = starting.move()
  return {
    fault,
    teller,
    recipients,
    log,
    slack,
    mail,
    alertmanager,
    bridge,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
