import { type Waker, waker } from '../deliveries/waker.ts'
import type { Notice } from '../message/notice.ts'
import type { IncidentChange, StoredIncident } from '../outbox/incidents.ts'
import type { Store } from '../outbox/store.ts'
import { AlertmanagerError, knownMatchers, type Silences } from './alertmanager-silences.ts'
import { isActive, noticeOf } from './incident-actions.ts'

/** Options for {@link watchEndedSilences}. */
export interface EndedSilencesOptions {
  readonly store: Pick<Store, 'listIncidents' | 'incident' | 'changeIncident'>
  readonly silences: Pick<Silences, 'hasAlert'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Prints one line when Alertmanager cannot be asked, and one when it can again. */
  readonly write: (line: string) => void
  /** Called when there are new deliveries. */
  readonly onStored: () => void
  /** How often to ask. @default 60 s */
  readonly everyMs?: number
  /** Time for which Alertmanager must know no alert; it forgets all for a minute when it starts. @default 5 min */
  readonly goneForMs?: number
}

/** More open incidents are not looked at. */
const maxIncidents = 5_000

/**
 * Resolves incidents whose alerts ended while they were silenced, because Alertmanager does not report such an end, not even when the
 * silence has ended. Alerts that still fire are left to Alertmanager, which sends them again. Starts at once.
 */
export function watchEndedSilences(options: EndedSilencesOptions): Waker {
  const { store, silences, now, write, onStored, everyMs = 60_000, goneForMs = 5 * 60_000 } = options
  let goneSince = new Map<string, number>()
  let hasFailed = false

  async function look(): Promise<number> {
    // before Alertmanager is asked: an answer from before a pause of the process must not count as a later one
    const at = now()
    const open = await store.listIncidents({ isOpen: true, limit: maxIncidents })
    const ended = open.filter((incident) => incident.state === 'silenced' && !isActive(incident, at))
    const still = new Map<string, number>()
    try {
      for (const { key } of ended) {
        const incident = await store.incident(key)
        if (incident === undefined || (await fires(incident))) continue
        const since = goneSince.get(key) ?? at
        still.set(key, since)
        if (at - since >= goneForMs) await end(incident)
      }
      if (hasFailed) write('[BRIDGE] Alertmanager answers again about incidents whose silence has ended')
      hasFailed = false
      goneSince = still
    } catch (error) {
      if (!(error instanceof AlertmanagerError)) throw error
      if (!hasFailed) write(`[BRIDGE] incidents whose silence has ended stay open: ${error.message}`)
      hasFailed = true
      // it may be starting, and know no alert yet when it answers again
      goneSince = new Map()
    }
    return everyMs
  }

  async function fires(incident: StoredIncident): Promise<boolean> {
    const wanted = knownMatchers(noticeOf(incident))
    // without labels, no one can know
    if (wanted === undefined) return true
    for (const matchers of wanted) if (await silences.hasAlert(matchers)) return true
    return false
  }

  async function end({ key, silencedUntil }: StoredIncident): Promise<void> {
    const at = now()
    const changed = await store.changeIncident(key, at, (known, recipients) =>
      // another bridge was faster, or someone has acted meanwhile
      known.state === 'silenced' && known.silencedUntil === silencedUntil
        ? { ...endOf(known, at), notify: { notice: endNotice(known), recipients } }
        : undefined,
    )
    if (changed?.isChanged === true) onStored()
  }

  const watch = waker(look)
  watch.wake()
  return watch
}

function endOf({ silencedUntil = 0 }: StoredIncident, at: number): IncidentChange {
  const detail = `no alert of it since its silence ended at ${new Date(silencedUntil).toISOString()}`
  return {
    set: { state: 'resolved', resolvedAt: at, escalationDueAt: null },
    history: [{ at, who: 'Alertmanager', action: 'reported its end', detail }],
  }
}

/** Without the time of the end, which no one knows. */
function endNotice(incident: StoredIncident): Notice {
  const { endedAt: _, ...notice } = noticeOf(incident)
  const alerts = notice.alerts.map((alert) => ({ ...alert, status: 'resolved' as const }))
  return { ...notice, kind: 'resolved', alerts, text: 'It ended while it was silenced.' }
}
