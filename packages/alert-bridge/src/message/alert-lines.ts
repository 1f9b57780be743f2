import { agentOf, listed } from './affected-agents.ts'
import { cleanLine } from './clean-text.ts'
import type { Notice, NoticeAlert } from './notice.ts'
import { readableDuration } from './readable-duration.ts'
import { timeOf, utcTime } from './utc-time.ts'

/** One line for each alert, and how many alerts have none. */
export interface AlertLines {
  readonly alerts: readonly string[]
  readonly moreAlerts: number
}

const mostLines = 20

/** The alerts of a notice, what fires first; none where a single alert is told by the rest of the message already. */
export function alertLines({ kind, alerts, truncatedAlerts = 0 }: Notice): AlertLines {
  if (kind === 'digest') return countsByName(alerts, truncatedAlerts)
  if (alerts.length + truncatedAlerts < 2 && kind !== 'summary') return { alerts: [], moreAlerts: 0 }
  const shown = alerts.toSorted(firingFirst).slice(0, mostLines)
  return { alerts: shown.map(lineOf), moreAlerts: alerts.length - shown.length + truncatedAlerts }
}

function firingFirst(a: NoticeAlert, b: NoticeAlert): number {
  return Number(b.status === 'firing') - Number(a.status === 'firing')
}

function lineOf(alert: NoticeAlert): string {
  const name = [nameOf(alert), agentOf(alert)].filter((part) => part !== undefined).join(', ')
  const summary = cleanLine(alert.annotations['summary'] ?? '', 200)
  return [name, when(alert), summary].filter((part) => part !== '').join(' - ')
}

function when({ status, startsAt, endsAt }: NoticeAlert): string {
  const since = utcTime(startsAt)
  if (status === 'firing') return since === undefined ? 'firing' : `firing since ${since}`
  const [start, end] = [timeOf(startsAt), timeOf(endsAt)]
  if (start === undefined || end === undefined || end < start) return 'over'
  return `began ${since}, lasted ${readableDuration((end - start) / 1_000)}`
}

function nameOf({ labels }: NoticeAlert): string {
  return cleanLine(labels['alertname'] ?? '', 80) || 'alert'
}

/** `AgentSlowResponses: 12 firing, 3 over (writer, planner and 4 more)`, the most frequent first. */
function countsByName(alerts: readonly NoticeAlert[], truncatedAlerts: number): AlertLines {
  const byName = [...Map.groupBy(alerts, nameOf)].toSorted(([, a], [, b]) => b.length - a.length)
  const lines = byName.slice(0, mostLines).map(([name, same]) => {
    const firing = same.filter(({ status }) => status === 'firing').length
    const over = same.length - firing
    const counts = [firing > 0 && `${firing} firing`, over > 0 && `${over} over`].filter((part) => part !== false).join(', ')
    const agents = [...new Set(same.flatMap((alert) => agentOf(alert) ?? []))]
    return `${name}: ${counts}${agents.length === 0 ? '' : ` (${listed(agents, 3)})`}`
  })
  const told = byName.slice(mostLines).flatMap(([, same]) => same).length
  return { alerts: lines, moreAlerts: told + truncatedAlerts }
}
