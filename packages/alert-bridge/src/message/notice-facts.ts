import { severities } from '@swarmwatch/config'

import { affectedAgents, listed } from './affected-agents.ts'
import { annotationFacts } from './alert-annotations.ts'
import { affectedAlerts, labelFacts } from './alert-labels.ts'
import { cleanLine } from './clean-text.ts'
import type { Notice } from './notice.ts'
import { noticeTimes } from './notice-times.ts'
import { readableDuration } from './readable-duration.ts'
import { utcTime } from './utc-time.ts'

/** A name and what it is. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** Which, how bad, since when, how many alike, and what else the alerts say of themselves; what is not known is left out. */
export function noticeFacts(notice: Notice): Fact[] {
  const { startedAt, endedAt, lastedSeconds } = noticeTimes(notice)
  const agents = affectedAgents(notice)
  const own: [string, string | undefined][] = [
    [agents.length > 1 ? 'Agents' : 'Agent', agents.length === 0 ? undefined : listed(agents)],
    ['Severity', severityText(notice)],
    [sinceWord(notice), utcTime(startedAt)],
    ['Ended', utcTime(endedAt)],
    ['Lasted', lastedSeconds === undefined ? undefined : readableDuration(lastedSeconds)],
    ['Alerts', alertCount(notice)],
    ['Held back', notice.heldBack === undefined || notice.heldBack === 0 ? undefined : `${notice.heldBack}`],
  ]
  const [agent, ...rest] = own.map(([name, value]) => (value === undefined ? [] : [{ name, value }]))
  return [...agent!, ...labelFacts(notice), ...rest.flat(), ...annotationFacts(affectedAlerts(notice))]
}

/** `critical`, or `critical (P1)` where the alerts have a word of their own for it. */
function severityText(notice: Notice): string {
  const own = new Set(affectedAlerts(notice).map(({ labels }) => cleanLine(labels['severity'] ?? '', 40)))
  const [word = ''] = own
  const isOurs = word === '' || (severities as readonly string[]).includes(word.toLowerCase())
  return own.size === 1 && !isOurs ? `${notice.severity} (${word})` : notice.severity
}

function sinceWord({ kind }: Notice): string {
  if (kind === 'event' || kind === 'drill') return 'At'
  return kind === 'resolved' || kind === 'summary' ? 'Began' : 'Since'
}

function alertCount({ alerts, truncatedAlerts = 0 }: Notice): string | undefined {
  if (alerts.length + truncatedAlerts === 0) return undefined
  const firing = alerts.filter(({ status }) => status === 'firing').length
  const resolved = alerts.length - firing
  const parts = [
    firing > 0 && `${firing} firing`,
    resolved > 0 && `${resolved} resolved`,
    truncatedAlerts > 0 && `${truncatedAlerts} more that Alertmanager left out`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}
