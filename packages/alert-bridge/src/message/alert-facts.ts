import { cleanLine, cleanName, webLink } from './clean-text.ts'
import type { Notice, NoticeAlert } from './notice.ts'

/** A name and its value. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** Labels that name a thing, the most specific first. */
const thingLabels = words(
  'instance pod container node host hostname device mountpoint database queue topic service deployment statefulset daemonset job',
)
/** Labels that name the place of the thing. */
const placeLabels = words('namespace cluster zone region cloud_region environment env deployment_environment_name')
const nameLabels = [...thingLabels, ...placeLabels]
/** Every message shows these elsewhere. */
const shownAlready = new Set(['alertname', 'agent_name', 'severity'])

/** A message shows at most this many labels and annotations as facts, and this many labels in the line of an alert. */
const maxLabels = { facts: 16, inLine: 8, values: 5 } as const

/** The alerts that a message is about: those that fire, or all if none does. */
export function affectedAlerts({ alerts }: Pick<Notice, 'alerts'>): readonly NoticeAlert[] {
  const firing = alerts.filter(({ status }) => status === 'firing')
  return firing.length > 0 ? firing : alerts
}

/** The names of the affected things if there is no agent: the values of the most specific label that is a name, each once. */
export function affectedThings(notice: Pick<Notice, 'alerts'>): string[] {
  const affected = affectedAlerts(notice)
  const namesOf = (label: string): string[] => distinctValues(affected, label).filter((value) => !randomId.test(value))
  const key = thingLabels.find((label) => namesOf(label).length > 0)
  return key === undefined ? [] : namesOf(key)
}

/** A UUID names nothing that a person knows; it is still among the facts. */
const randomId = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Which: the labels that name a thing or a place with all their values, then the labels that all affected alerts share. */
export function labelFacts(notice: Pick<Notice, 'alerts'>): Fact[] {
  const affected = affectedAlerts(notice)
  const keys = orderedKeys(affected.map(({ labels }) => labels)).filter(
    (key) => !shownAlready.has(key) && (nameLabels.includes(key) || isShared(affected, key)),
  )
  const facts = keys.flatMap((key) => {
    const [name, values] = [cleanLine(key, 40), distinctValues(affected, key)]
    return name === '' || values.length === 0 ? [] : { name, value: listed(values, maxLabels.values) }
  })
  const rest = facts.length - maxLabels.facts
  return rest > 0 ? [...facts.slice(0, maxLabels.facts), { name: 'More labels', value: `${rest}` }] : facts
}

/** The labels whose values differ among several alerts, which distinguish one alert from another. */
export function differingLabels(alerts: readonly NoticeAlert[]): string[] {
  return orderedKeys(alerts.map(({ labels }) => labels)).filter(
    (key) => key !== 'alertname' && key !== 'agent_name' && !isShared(alerts, key),
  )
}

/** `HighLoad, writer, instance=db-7, region=eu`: an alert by its name, its agent and the given labels, at most 200 code points. */
export function alertIdentity(alert: NoticeAlert, labels: readonly string[]): string {
  const pairs = labels.flatMap((key) => {
    const [name, value] = [cleanLine(key, 40), valueOf(alert.labels, key)]
    return value === '' ? [] : `${name}=${value}`
  })
  const shown = pairs.slice(0, maxLabels.inLine)
  const rest = pairs.length - shown.length
  const parts = [alertName(alert), agentOf(alert), ...shown, rest > 0 ? `${rest} more labels` : undefined]
  return cleanLine(parts.filter((part) => part !== undefined).join(', '), 200)
}

export function alertName({ labels }: NoticeAlert): string {
  return cleanLine(labels['alertname'] ?? '', 80) || 'alert'
}

function valueOf(labels: NoticeAlert['labels'], key: string): string {
  return Object.hasOwn(labels, key) ? cleanName(labels[key]!, 100) : ''
}

function distinctValues(alerts: readonly NoticeAlert[], key: string): string[] {
  const raw = new Set(alerts.flatMap(({ labels }) => (Object.hasOwn(labels, key) ? labels[key]! : [])))
  return [...new Set([...raw].map((value) => cleanName(value, 100)).filter((value) => value !== ''))]
}

/** The values of a label on all affected alerts, each once: `a, b`. */
export function labelValues(alerts: readonly NoticeAlert[], key: string): string | undefined {
  const values = distinctValues(alerts, key)
  return values.length === 0 ? undefined : listed(values, maxLabels.values)
}

function isShared(alerts: readonly NoticeAlert[], key: string): boolean {
  const first = alerts[0]
  return alerts.every(
    ({ labels }) => Object.hasOwn(labels, key) === Object.hasOwn(first!.labels, key) && labels[key] === first!.labels[key],
  )
}

/** All keys, those that name something first; at most 1,000, because a sender may send any number. */
function orderedKeys(labels: readonly NoticeAlert['labels'][]): string[] {
  const keys = [...new Set(labels.flatMap(Object.keys))].toSorted()
  return [...nameLabels.filter((key) => keys.includes(key)), ...keys.filter((key) => !nameLabels.includes(key))].slice(0, 1_000)
}

function words(text: string): string[] {
  return text.split(' ')
}

/** The name of the agent that an alert is about. */
export function agentOf({ labels }: NoticeAlert): string | undefined {
  const name = cleanLine(labels['agent_name'] ?? '', 80)
  return name === '' ? undefined : name
}

/** The agents of a notice, each once: those of the alerts that fire, or of all alerts if none does. */
export function affectedAgents({ alerts }: Notice): string[] {
  const firing = alerts.filter(({ status }) => status === 'firing')
  const agents = (firing.length > 0 ? firing : alerts).flatMap((alert) => agentOf(alert) ?? [])
  return [...new Set(agents)]
}

/** `a, b, c and 4 more`. */
export function listed(names: readonly string[], max = 5): string {
  const rest = names.length - max
  return rest > 0 ? `${names.slice(0, max).join(', ')} and ${rest} more` : names.join(', ')
}

/** Annotations that are sentences about the alert, the shortest first. */
export const sentences = ['summary', 'description', 'message'] as const

const maxAnnotations = { facts: 10, inLine: 4, longLines: 5 } as const

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
    .slice(0, maxAnnotations.facts)
}

/** The annotations of one of several alerts that the others do not share. */
export function ownAnnotations(alert: NoticeAlert, alerts: readonly NoticeAlert[]): string[] {
  // a resolved alert must not read as if it still fired
  const keys = alert.status === 'resolved' ? [sentences.find((key) => annotation(alert, key)) ?? 'summary'] : sentences
  const longest = alerts.length <= maxAnnotations.longLines ? 400 : 200
  const own = keys.flatMap((key) => {
    const value = annotation(alert, key)
    return value === undefined || (alerts.length > 1 && value === sharedAnnotation(alerts, key)) ? [] : cleanLine(value, longest)
  })
  const others = otherKeys([alert])
    .filter((key) => annotation(alert, key) !== sharedAnnotation(alerts, key))
    .map((key) => `${cleanLine(key, 40)}: ${cleanLine(annotation(alert, key)!, 80)}`)
  return [...new Set([...own.filter((text) => text !== ''), ...others.slice(0, maxAnnotations.inLine)])]
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
