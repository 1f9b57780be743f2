import { setTimeout as delay } from 'node:timers/promises'

import { quantile } from '../statistics.ts'
import {
  type ChannelName,
  type MailSink,
  type Message,
  type MessageLog,
  openMailSink,
  openMessageLog,
  openSlackSink,
  type SlackSink,
} from './fake-channels.ts'
import { type Fault, goneRecipient, incidents, type Notifier, timing } from './faults.ts'
import {
  type Alertmanager,
  alertmanagerSettings,
  openPrometheus,
  type Prometheus,
  type RunningBridge,
  startAlertmanager,
  startBridgeNotifier,
} from './notifiers.ts'

/** Result of one case. */
export interface CaseResult {
  readonly fault: string
  readonly notifier: string
  /** The channels that the fault concerns. */
  readonly concerned: readonly ChannelName[]
  readonly channels: Readonly<Record<ChannelName, ChannelCount>>
}

/** Lets all alerts fire, lets the fault come and pass, lets the alerts end, and counts the messages. */
export async function runCase(setup: CaseSetup, signal: AbortSignal): Promise<CaseResult> {
  const { fault, notifier, recipients, log } = setup
  using prometheus = openPrometheus(setup.alertmanager.url)
  const reachable = { slack: ['slack'], mail: recipients.filter((one) => one !== goneRecipient) }
  const isReported = (phase: 'fired' | 'ended'): boolean =>
    (['slack', 'mail'] as const).every((channel) => log.hasAll(phase, channel, reachable[channel], incidents))

  beginFault(setup)
  const firedAt = await prometheus.fire()
  const endedAt = fault.isTemporary === false ? undefined : await endFault(setup, prometheus, signal)
  if (fault.outlastsAlerts !== true) {
    if (endedAt === undefined) await until(() => isReported('fired'), timing.recoveryMs, signal)
    else await delay(timing.recoveryMs, undefined, { signal })
    await prometheus.resolve()
  }
  await until(() => isReported('ended'), timing.patienceMs, signal)
  await delay(timing.settleMs, undefined, { signal })
  const count = (channel: ChannelName): ChannelCount => countDeliveries(log, channel, reachable[channel], { firedAt, endedAt })
  return { fault: fault.name, notifier, concerned: fault.channels, channels: { slack: count('slack'), mail: count('mail') } }
}

function beginFault({ fault, slack, mail }: CaseSetup): void {
  if (fault.slack !== undefined) slack.answer = fault.slack()
  if (fault.mail !== undefined) mail.fault = fault.mail
  if (fault.kills !== undefined) slack.delayMs = 250
}

/** Ends the fault and returns when; alerts that it outlasts are resolved in the middle of it. */
async function endFault(setup: CaseSetup, prometheus: Prometheus, signal: AbortSignal): Promise<number> {
  const { fault, slack, mail } = setup
  const killed = fault.kills === 'bridge' ? setup.bridge : setup.alertmanager
  const durationMs = fault.kills === undefined ? timing.faultMs : timing.downMs
  if (fault.kills !== undefined) {
    await until(() => countOnSlack(setup) >= incidents.length / 2, 30_000, signal)
    await killed?.kill()
  }
  await delay(durationMs / 2, undefined, { signal })
  if (fault.outlastsAlerts === true) await prometheus.resolve()
  await delay(durationMs / 2, undefined, { signal })
  if (fault.kills !== undefined) await killed?.start()
  slack.answer = () => 'shown'
  mail.fault = {}
  return performance.now()
}

function countOnSlack({ log }: CaseSetup): number {
  return log.messages.filter(({ channel }) => channel === 'slack').length
}

/** Waits for a condition, at most `maxMs`. */
async function until(condition: () => boolean, maxMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + maxMs
  while (!condition() && performance.now() < end) await delay(50, undefined, { signal })
}

/** The running programs of one case: its own channels, Alertmanager and, where it sends the messages, the bridge. */
export interface CaseSetup extends AsyncDisposable {
  readonly fault: Fault
  readonly notifier: Notifier
  readonly recipients: readonly string[]
  readonly log: MessageLog
  readonly slack: SlackSink
  readonly mail: MailSink
  readonly alertmanager: Alertmanager
  readonly bridge: RunningBridge | undefined
}

/** Starts them; when one fails, those already started are ended. */
export async function startCaseSetup(fault: Fault, notifier: Notifier, cli: string): Promise<CaseSetup> {
  await using starting = new AsyncDisposableStack()
  const log = openMessageLog()
  const slack = starting.use(await openSlackSink(log))
  const mail = starting.use(await openMailSink(log))
  const { recipients = ['on-call@example.com'] } = fault
  const channels = { slackUrl: slack.url, mailPort: mail.port, recipients }
  const bridge = notifier === 'with the bridge' ? starting.use(await startBridgeNotifier(cli, channels)) : undefined
  const alertmanager = starting.use(await startAlertmanager(alertmanagerSettings(notifier, channels, bridge?.address)))
  const started = starting.move()
  return {
    fault,
    notifier,
    recipients,
    log,
    slack,
    mail,
    alertmanager,
    bridge,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Messages of one channel. An alert counts once for each recipient who has to receive it. */
export interface ChannelCount {
  readonly expected: number
  /** Alerts without any message. */
  readonly missing: number
  /** Alerts without a message that they fired. */
  readonly missingFiring: number
  /** Alerts without a message that they were resolved. */
  readonly missingResolved: number
  /** Messages beyond the first with the same content for the same recipient. */
  readonly repeated: number
  /** Those of them that carry the Message-ID of an earlier one, so that mail systems can merge them. */
  readonly repeatedWithSameId: number
  /** Attempts that the channel refused. */
  readonly refused: number
  /** From Alertmanager's acceptance of an alert to the first message taken about it; undefined when there was none. */
  readonly seconds: { readonly median: number; readonly most: number } | undefined
  /** From the end of the fault until there was a message about each alert; undefined when one is missing, or the fault did not end. */
  readonly secondsAfterFault: number | undefined
}

interface Times {
  readonly firedAt: number
  readonly endedAt: number | undefined
}

function countDeliveries(
  { messages, refused }: MessageLog,
  channel: ChannelName,
  recipients: readonly string[],
  { firedAt, endedAt }: Times,
): ChannelCount {
  const received = recipients.flatMap((recipient) =>
    incidents.map((name) =>
      messages.filter((one) => one.channel === channel && one.recipient === recipient && one.incidents.includes(name)),
    ),
  )
  const starts = received.map((some) => some.filter(({ phases }) => phases.includes('fired')))
  const ends = received.map((some) => some.filter(({ phases }) => phases.includes('ended')))
  const firstAt = received.flatMap(([first]) => first?.at ?? [])
  const seconds = firstAt.map((at) => (at - firedAt) / 1000)
  const isComplete = firstAt.length === received.length
  return {
    expected: received.length,
    missing: received.length - firstAt.length,
    missingFiring: starts.filter((same) => same.length === 0).length,
    missingResolved: ends.filter((same) => same.length === 0).length,
    repeated: repeatedOf([...starts, ...ends]),
    repeatedWithSameId: repeatedOf([...starts, ...ends].flatMap(sameIds)),
    refused: refused[channel],
    seconds: seconds.length === 0 ? undefined : { median: quantile(seconds, 0.5), most: Math.max(...seconds) },
    secondsAfterFault: endedAt === undefined || !isComplete ? undefined : Math.max(0, Math.max(...firstAt) - endedAt) / 1000,
  }
}

function repeatedOf(groups: readonly (readonly Message[])[]): number {
  return groups.reduce((sum, same) => sum + Math.max(0, same.length - 1), 0)
}

/** Groups messages with the same content by their Message-ID. */
function sameIds(messages: readonly Message[]): Message[][] {
  const mails = messages.filter(({ id }) => id !== undefined)
  return [...Map.groupBy(mails, ({ id }) => id).values()]
}
