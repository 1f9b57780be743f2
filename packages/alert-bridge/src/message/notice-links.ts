import { cleanLine } from './clean-text.ts'
import type { Notice } from './notice.ts'
import { webLink } from './web-link.ts'

/** A place to look. */
export interface Link {
  readonly name: string
  readonly url: string
}

const names: Readonly<Record<string, string>> = {
  runbook: 'Runbook',
  dashboard: 'Dashboard at that time',
  traces: 'Traces',
  alertmanager: 'Alertmanager',
}
const most = 10

/** The links of a notice that are safe to follow, the most useful first; the runbook also from the alerts' `runbook_url`. */
export function noticeLinks({ links = {}, alerts }: Notice): Link[] {
  const runbook = links['runbook'] ?? alerts.find(({ annotations }) => annotations['runbook_url'])?.annotations['runbook_url']
  const all: Record<string, string | undefined> = { ...links, runbook }
  const known = Object.keys(names)
  const others = Object.keys(links).filter((key) => !known.includes(key))
  return [...known, ...others]
    .flatMap((key) => {
      const url = webLink(all[key] ?? '')
      const name = Object.hasOwn(names, key) ? names[key]! : cleanLine(key, 40)
      return url === undefined || name === '' ? [] : { name, url }
    })
    .slice(0, most)
}
