import type { ConsoleChannel } from '@swarmwatch/config'

import { affectedAgents, labelFacts } from '../../message/alert-facts.ts'
import { cleanLine } from '../../message/clean-text.ts'
import { contentOf } from '../../message/message-content.ts'
import { noticeLinks } from '../../message/notice-links.ts'
import { noticeTimes } from '../../message/notice-times.ts'
import type { Notice } from '../../message/notice.ts'
import { type Channel, type ChannelDependencies, systemDependencies } from '../channel.ts'
import { guardedDelivery, hideSecrets } from '../guarded-delivery.ts'

/** Prints each notice as one line of JSON. */
export function openConsoleChannel(
  settings: Pick<ConsoleChannel, 'name'>,
  dependencies: Partial<ChannelDependencies> = {},
): Channel {
  const { now, write } = { ...systemDependencies, ...dependencies }
  const recipients = [settings.name]
  return {
    name: settings.name,
    recipients,
    concurrency: 1,
    deliver: guardedDelivery(recipients, hideSecrets([]), async ({ id, notice }) => {
      write(alertLine(notice, id, now()))
      return { kind: 'delivered' }
    }),
    close: async () => {},
  }
}

const longest = 8_000

/**
 * One line of ASCII JSON, under 8,000 characters. `grep '"event":"alert"'` finds all of them,
 * `grep '"severity":"critical"'` the worst.
 */
export function alertLine(notice: Notice, deliveryId: string, now: Date): string {
  const facts = labelFacts(notice).map(({ name, value }): [string, string] => [name, cleanLine(value, 120)])
  // what is not ASCII takes up to twelve characters for one
  for (const count of [facts.length, 4, 1]) {
    const line = lineWith(facts.slice(0, count), notice, deliveryId, now)
    if (line.length < longest) return line
  }
  return lineWith([], notice, deliveryId, now)
}

function lineWith(facts: readonly [string, string][], notice: Notice, deliveryId: string, now: Date): string {
  const { status, subject, paragraphs, moreAlerts, alerts } = contentOf(notice)
  const { startedAt, endedAt } = noticeTimes(notice)
  const links = noticeLinks(notice)
  return ascii(
    JSON.stringify({
      time: now.toISOString(),
      event: 'alert',
      kind: notice.kind,
      severity: notice.severity,
      subject: cleanLine(`[${status}] ${subject}`, 200),
      text: cleanLine(paragraphs.join(' '), 400) || undefined,
      agents: affectedAgents(notice).slice(0, 3),
      labels: facts.length === 0 ? undefined : Object.fromEntries(facts),
      startedAt,
      endedAt,
      alerts: alerts.length + moreAlerts || notice.alerts.length,
      runbook: links.find(({ name, url }) => name === 'Runbook' && url.length < 500)?.url,
      delivery: cleanLine(deliveryId, 80),
    }),
  )
}

/** JSON with everything beyond ASCII written as an escape; it reads back the same. */
function ascii(json: string): string {
  return json.replaceAll(/[^\x20-\x7E]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
