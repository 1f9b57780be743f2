import { setTimeout as delay } from 'node:timers/promises'

import { countTold, type ChannelCount } from './count-told.ts'
import { goneRecipient } from './faults.ts'
import { incidents } from './incidents.ts'
import { pace } from './pace.ts'
import { openPrometheus, type Prometheus } from './prometheus.ts'
import type { Stand } from './stand.ts'
import type { ChannelName } from './told-log.ts'

/** What became of the alerts of one case. */
export interface CaseResult {
  readonly fault: string
  readonly teller: string
  /** The channels that the fault concerns. */
  readonly concerned: readonly ChannelName[]
  readonly channels: Readonly<Record<ChannelName, ChannelCount>>
}

/** Lets all alerts fire, lets the fault come and pass, lets the alerts end, and counts what people were told. */
export async function runCase(stand: Stand, signal: AbortSignal): Promise<CaseResult> {
  const { fault, teller, recipients, log } = stand
  using prometheus = openPrometheus(stand.alertmanager.url)
  const reachable = { slack: ['slack'], mail: recipients.filter((one) => one !== goneRecipient) }
  const isTold = (phase: 'fired' | 'ended'): boolean =>
    (['slack', 'mail'] as const).every((channel) => log.hasAll(phase, channel, reachable[channel], incidents))

  beginFault(stand)
  const firedAt = await prometheus.fire()
  const passedAt = fault.isPassing === false ? undefined : await passFault(stand, prometheus, signal)
  if (fault.outlastsAlerts !== true) {
    if (passedAt === undefined) await until(() => isTold('fired'), pace.recoveryMs, signal)
    else await delay(pace.recoveryMs, undefined, { signal })
    await prometheus.resolve()
  }
  await until(() => isTold('ended'), pace.patienceMs, signal)
  await delay(pace.settleMs, undefined, { signal })
  const count = (channel: ChannelName): ChannelCount => countTold(log, channel, reachable[channel], { firedAt, passedAt })
  return { fault: fault.name, teller, concerned: fault.channels, channels: { slack: count('slack'), mail: count('mail') } }
}

function beginFault({ fault, slack, mail }: Stand): void {
  if (fault.slack !== undefined) slack.answer = fault.slack()
  if (fault.mail !== undefined) mail.trouble = fault.mail
  if (fault.kills !== undefined) slack.takesMs = 250
}

/** Gives when the fault was over; the alerts that it outlasts end in the middle of it. */
async function passFault(stand: Stand, prometheus: Prometheus, signal: AbortSignal): Promise<number> {
  const { fault, slack, mail } = stand
  const killed = fault.kills === 'bridge' ? stand.bridge : stand.alertmanager
  const lastsMs = fault.kills === undefined ? pace.faultMs : pace.downMs
  if (fault.kills !== undefined) {
    await until(() => shownOnSlack(stand) >= incidents.length / 2, 30_000, signal)
    await killed?.kill()
  }
  await delay(lastsMs / 2, undefined, { signal })
  if (fault.outlastsAlerts === true) await prometheus.resolve()
  await delay(lastsMs / 2, undefined, { signal })
  if (fault.kills !== undefined) await killed?.start()
  slack.answer = () => 'shown'
  mail.trouble = {}
  return performance.now()
}

function shownOnSlack({ log }: Stand): number {
  return log.messages.filter(({ channel }) => channel === 'slack').length
}

/** Waits for a condition, but not longer. */
async function until(isSo: () => boolean, mostMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + mostMs
  while (!isSo() && performance.now() < end) await delay(50, undefined, { signal })
}
