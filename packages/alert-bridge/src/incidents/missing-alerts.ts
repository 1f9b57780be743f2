import { type Waker, waker } from '../deliveries/waker.ts'
import { outageLines } from '../outage-lines.ts'
import type { StoredIncident } from '../outbox/incidents.ts'
import type { Store } from '../outbox/store.ts'
import { isWatchdogName } from '../watchdog.ts'
import { AlertmanagerError, type SentAlert, type Silences } from './alertmanager-silences.ts'

/** Options for {@link watchMissingAlerts}. */
export interface MissingAlertsOptions {
  readonly store: Pick<Store, 'listIncidents' | 'incident'>
  readonly silences: Pick<Silences, 'sentTo'>
  /** Receivers of Alertmanager that have notified this bridge since its start. */
  readonly receivers: () => readonly string[]
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Prints one line when Alertmanager cannot be asked, and one when it can again. */
  readonly write: (line: string) => void
  /** How often to ask. @default 60 s */
  readonly everyMs?: number
}

/** Compares the alerts of Alertmanager with the incidents of the bridge. */
export interface MissingAlerts {
  /** Number of alerts that no notification contained; undefined while Alertmanager cannot be asked. */
  readonly count: () => number | undefined
  readonly stop: Waker['stop']
}

/** The receiver of the stack, in Kubernetes with its namespace before it. */
const ownReceivers = ['(?:.*/)?bridge']
/**
 * Time in which Alertmanager must have sent an alert: `group_wait` and `group_interval` of the stack, which are longer for severity info,
 * and ten minutes for its attempts.
 */
const waitMs = { info: 45 * 60_000, others: 15 * 60_000 } as const
/** Resolved incidents that are compared: those that a person has resolved while their alerts fire are among the last. */
const maxResolved = 500
const maxOpen = 5_000

/**
 * Looks for alerts that Alertmanager has sent to this bridge, as far as it knows, and that no incident contains: something else answered in
 * place of the bridge. The time counts from the first look, so neither a start of the bridge nor of Alertmanager is a loss. Starts at once.
 */
export function watchMissingAlerts({
  store,
  silences,
  receivers,
  now,
  write,
  everyMs = 60_000,
}: MissingAlertsOptions): MissingAlerts {
  let seen = new Map<string, { readonly at: number; isKnown: boolean }>()
  let count: number | undefined
  const outage = outageLines(write)

  async function look(): Promise<number> {
    const at = now()
    try {
      const found = await silences.sentTo([...ownReceivers, ...receivers().map(literal)])
      const sent = new Map(found.map((alert) => [keyOf(alert), alert]))
      for (const [key, { labels }] of sent) if (isWatchdogName(labels['alertname'] ?? '')) sent.delete(key)
      seen = new Map([...sent.keys()].map((key) => [key, seen.get(key) ?? { at, isKnown: false }]))
      const late = [...sent.values()].filter((alert) => {
        const { isKnown, at: firstAt } = seen.get(keyOf(alert))!
        return !isKnown && at - firstAt >= (alert.labels['severity'] === 'info' ? waitMs.info : waitMs.others)
      })
      count = late.length === 0 ? 0 : await countMissing(late)
      outage.works('[BRIDGE] Alertmanager answers again about lost alerts')
    } catch (error) {
      if (!(error instanceof AlertmanagerError)) throw error
      outage.fails(`[BRIDGE] lost alerts are not noticed: ${error.message}`)
      count = undefined
    }
    return everyMs
  }

  /** Each alert is looked for until it is found, once. */
  async function countMissing(late: readonly SentAlert[]): Promise<number> {
    const open = await store.listIncidents({ isOpen: true, limit: maxOpen })
    const resolved = await store.listIncidents({ isOpen: false, limit: maxResolved })
    // an alert that began until then is in an incident
    const knownUntil = new Map<string, number>()
    const cutNames = new Set<string>()
    for (const { key } of [...open, ...resolved]) {
      const incident = await store.incident(key)
      if (incident !== undefined) addAlerts(incident)
    }

    function addAlerts({ state, resolvedAt = 0, notice }: StoredIncident): void {
      // an alert that began after the end is another one, also if a person resolved the incident
      const until = state === 'resolved' ? resolvedAt : Number.POSITIVE_INFINITY
      for (const { labels, status, endsAt = '' } of notice?.alerts ?? []) {
        const end = status === 'resolved' ? Math.min(Date.parse(endsAt) || 0, until) : until
        const identity = identityOf(labels)
        knownUntil.set(identity, Math.max(knownUntil.get(identity) ?? 0, end))
        if ((notice?.truncatedAlerts ?? 0) > 0) cutNames.add(labels['alertname'] ?? '')
      }
    }

    let missing = 0
    for (const alert of late) {
      const isKnown =
        alert.startsAt <= (knownUntil.get(identityOf(alert.labels)) ?? -1) || cutNames.has(alert.labels['alertname'] ?? '')
      if (isKnown) seen.get(keyOf(alert))!.isKnown = true
      else missing += 1
    }
    return missing
  }

  const watch = waker(look)
  watch.wake()
  return { count: () => count, stop: watch.stop }
}

function keyOf({ labels, startsAt }: SentAlert): string {
  return `${startsAt} ${identityOf(labels)}`
}

function identityOf(labels: SentAlert['labels']): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
