import { affectedAlerts, alertIdentity, annotationLinks, differingLabels } from './alert-facts.ts'
import { cleanLine, webLink } from './clean-text.ts'
import type { Notice, NoticeAlert } from './notice.ts'

/** A place to look. */
export interface Link {
  readonly name: string
  readonly url: string
}

const names: Readonly<Record<string, string>> = {
  runbook: 'Runbook',
  'failed trace': 'Trace of a failed run',
  'slow trace': 'Trace of a slow run',
  'retried trace': 'Trace of a run with retries',
  'costly trace': 'Trace of an expensive run',
  'any trace': 'Trace of the newest run',
  incidents: 'List of incidents',
  acknowledge: 'Acknowledge',
  silence: 'Silence',
  resolve: 'Resolve',
  dashboard: 'Dashboard at that time',
  traces: 'Traces',
  source: 'Source',
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
}
const max = 10
const maxQueries = 5

/**
 * The links of a notice that are safe to follow, the most useful first: its own, those in the annotations of its alerts, and the
 * queries that raised them.
 */
export function noticeLinks(notice: Notice): Link[] {
  const { links = {} } = notice
  // of several incidents, the links of single alerts would leave no room
  const alerts = notice.incidents === undefined ? notice.alerts : []
  const all = new Map([...Object.entries(annotationLinks(alerts)), ...Object.entries(links)])
  const queries = queriesOf(affectedAlerts({ ...notice, alerts }))
  if (queries.length === 1) all.set('source', queries[0]!.url)
  const named = [...Object.keys(names), ...all.keys()].flatMap((key) => {
    const url = webLink(all.get(key) ?? '')
    const name = key === 'source' ? sourceWord(url ?? '') : Object.hasOwn(names, key) ? names[key]! : cleanLine(key, 40)
    return url === undefined || name === '' ? [] : { name, url }
  })
  // one address may have two names: in a link of the notice and in an annotation
  return [...Map.groupBy([...named, ...queries], ({ url }) => url).values()].map(([first]) => first!).slice(0, max)
}

/** The distinct addresses where the alerts were raised, with the alert where there are several. */
function queriesOf(alerts: readonly NoticeAlert[]): Link[] {
  const labels = differingLabels(alerts)
  const byUrl = new Map<string, NoticeAlert>()
  for (const alert of alerts) {
    const url = webLink(alert.generatorUrl ?? '')
    if (url !== undefined && !byUrl.has(url)) byUrl.set(url, alert)
  }
  return [...byUrl]
    .slice(0, maxQueries)
    .map(([url, alert]) => ({ name: cleanLine(`${sourceWord(url)} of ${alertIdentity(alert, labels)}`, 80), url }))
}

/** `Query`; an address without a path is the status page of a process that evaluates rules itself. */
function sourceWord(url: string): string {
  return /^https?:\/\/[^/]+\/?$/.test(url) ? 'Source' : 'Query'
}
