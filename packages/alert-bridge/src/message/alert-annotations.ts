import { cleanLine, webLink } from './clean-text.ts'
import type { Fact } from './message-content.ts'
import type { NoticeAlert } from './notice.ts'

/** Annotations that are sentences about the alert, the shortest first. */
export const sentences = ['summary', 'description', 'message'] as const

const max = { facts: 10, inLine: 4, longLines: 5 } as const

/** The value of an annotation if all alerts have the same one. */
export function sharedAnnotation(alerts: readonly NoticeAlert[], key: string): string | undefined {
  const first = annotation(alerts[0], key)
  return alerts.every((alert) => annotation(alert, key) === first) ? first : undefined
}

/** The annotations besides sentences and links that all alerts share. */
export function annotationFacts(alerts: readonly NoticeAlert[]): Fact[] {
  return otherKeys(alerts)
    .flatMap((key) => {
      const value = cleanLine(sharedAnnotation(alerts, key) ?? '', 300)
      return value === '' ? [] : { name: cleanLine(key, 40), value }
    })
    .filter(({ name }) => name !== '')
    .slice(0, max.facts)
}

/** The annotations of one of several alerts that the others do not share. */
export function ownAnnotations(alert: NoticeAlert, alerts: readonly NoticeAlert[]): string[] {
  // a resolved alert must not read as if it still fired
  const keys = alert.status === 'resolved' ? [sentences.find((key) => annotation(alert, key)) ?? 'summary'] : sentences
  const longest = alerts.length <= max.longLines ? 400 : 200
  const own = keys.flatMap((key) => {
    const value = annotation(alert, key)
    return value === undefined || (alerts.length > 1 && value === sharedAnnotation(alerts, key)) ? [] : cleanLine(value, longest)
  })
  const others = otherKeys([alert])
    .filter((key) => annotation(alert, key) !== sharedAnnotation(alerts, key))
    .map((key) => `${cleanLine(key, 40)}: ${cleanLine(annotation(alert, key)!, 80)}`)
  return [...new Set([...own.filter((text) => text !== ''), ...others.slice(0, max.inLine)])]
}

/** The annotations that are web addresses, by what they are called: `panel_url` is `panel`. */
export function annotationLinks(alerts: readonly NoticeAlert[]): Record<string, string> {
  const links: [string, string][] = alerts.flatMap(({ annotations }) =>
    Object.entries(annotations).flatMap(([key, value]): [string, string][] =>
      isLink(value) ? [[key.replace(/_?(url|uri|link)$/i, '') || key, value]] : [],
    ),
  )
  // the first of each
  return Object.fromEntries(links.toReversed())
}

function otherKeys(alerts: readonly NoticeAlert[]): string[] {
  const keys = new Set(alerts.flatMap(({ annotations }) => Object.keys(annotations)))
  return [...keys]
    .filter((key) => !(sentences as readonly string[]).includes(key) && !key.startsWith('__'))
    .filter((key) => alerts.every((alert) => !isLink(annotation(alert, key) ?? '')))
    .toSorted()
}

function annotation(alert: NoticeAlert | undefined, key: string): string | undefined {
  return alert !== undefined && Object.hasOwn(alert.annotations, key) ? alert.annotations[key] : undefined
}

function isLink(text: string): boolean {
  return webLink(text.trim()) !== undefined
}
