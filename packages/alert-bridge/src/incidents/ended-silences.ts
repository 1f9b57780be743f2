import type { EscalationStep } from '@swarmwatch/config'

import { type Waker, waker } from '../deliveries/waker.ts'
import { firstStep } from '../escalation/next-step.ts'
import { failoverOf, type FailoverPlan } from '../intake/prepare-entry.ts'
import type { Notice } from '../message/notice.ts'
import type { IncidentChange, StoredIncident } from '../outbox/incidents.ts'
import { outageLines } from '../outage-lines.ts'
import type { Store } from '../outbox/store.ts'
import { AlertmanagerError, type KnownAlert, knownMatchers, type Silences } from './alertmanager-silences.ts'
import { isActive, noticeOf } from './incident-actions.ts'

/** Options for {@link watchEndedSilences}. */
export interface EndedSilencesOptions {
  readonly store: Pick<Store, 'listIncidents' | 'incident' | 'changeIncident'>
  readonly silences: Pick<Silences, 'alerts' | 'active'>
  /** `alerts.escalation`. */
  readonly steps: readonly EscalationStep[]
  readonly plan: FailoverPlan
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Prints one line when Alertmanager cannot be asked, and one when it can again. */
  readonly write: (line: string) => void
  /** Called when there are new deliveries. */
  readonly onStored: () => void
  /** How often to ask. @default 60 s */
  readonly everyMs?: number
  /**
   * Time after the end of a silence for which Alertmanager must have no alert, since it forgets all for a minute when it starts, or in
   * which it may send again what still fires. @default 5 min
   */
  readonly waitMs?: number
}

/** More open incidents are not looked at. */
const maxIncidents = 5_000

/** State of a silenced incident in Alertmanager. `firing`: an alert fires that nothing mutes; `gone`: neither alerts nor silence. */
type Finding = 'muted' | 'firing' | 'gone'

/**
 * Finds silences that have ended, at their time or before, such as in Alertmanager's own page. Alertmanager does not report that alerts
 * ended meanwhile, and sends alerts that still fire only after `repeat_interval`. So the first are resolved, and the second are open again:
 * recipients are notified, and the escalation begins with its first step. Starts at once.
 */
export function watchEndedSilences(options: EndedSilencesOptions): Waker {
  const { store, silences, steps, plan, now, write, onStored, everyMs = 60_000, waitMs = 5 * 60_000 } = options
  let since = new Map<string, { readonly finding: Finding; readonly at: number }>()
  const outage = outageLines(write)

  async function look(): Promise<number> {
    // before Alertmanager is asked: an answer from before a pause of the process must not count as a later one
    const at = now()
    const open = await store.listIncidents({ isOpen: true, limit: maxIncidents })
    const still: typeof since = new Map()
    try {
      for (const incident of open.filter(({ state }) => state === 'silenced')) await lookAt(incident.key, at, still)
      outage.works('[BRIDGE] Alertmanager answers again about silenced incidents')
      since = still
    } catch (error) {
      if (!(error instanceof AlertmanagerError)) throw error
      outage.fails(`[BRIDGE] the end of silences is not noticed: ${error.message}`)
      // it may be starting, and know no alert yet when it answers again
      since = new Map()
    }
    return everyMs
  }

  async function lookAt(key: string, at: number, still: typeof since): Promise<void> {
    const incident = await store.incident(key)
    if (incident?.state !== 'silenced') return
    const finding = await findingOf(incident)
    if (finding === 'muted') return
    const before = since.get(key)
    const found = before?.finding === finding ? before : { finding, at }
    still.set(key, found)
    const isEarly = isActive(incident, at)
    // twice at least: another Alertmanager of the cluster may not have a new silence yet
    if (found === before && at - found.at >= (isEarly ? Math.min(everyMs, waitMs) : waitMs)) await end(incident, finding, isEarly)
  }

  async function findingOf(incident: StoredIncident): Promise<Finding> {
    const wanted = knownMatchers(noticeOf(incident))
    // without labels, no one can know
    if (wanted === undefined) return 'muted'
    const alerts: KnownAlert[] = []
    for (const matchers of wanted) alerts.push(...(await silences.alerts(matchers)))
    if (alerts.length > 0) return alerts.every(({ isMuted }) => isMuted) ? 'muted' : 'firing'
    if (!isActive(incident, now())) return 'gone'
    for (const matchers of wanted) if ((await silences.active(matchers)).length > 0) return 'muted'
    return 'gone'
  }

  async function end({ key, silencedUntil }: StoredIncident, finding: Finding, isEarly: boolean): Promise<void> {
    const at = now()
    const changed = await store.changeIncident(key, at, (known, recipients) => {
      // another bridge was faster, or someone has acted meanwhile
      if (known.state !== 'silenced' || known.silencedUntil !== silencedUntil) return undefined
      const history = isEarly ? [{ at, who: 'Alertmanager', action: 'reported that its silence ended before its time' }] : []
      if (finding === 'firing') {
        const dueAt = firstStep(steps, { severity: known.severity, openedAt: at })?.dueAt ?? null
        const notice = firingNotice(known, isEarly)
        return {
          set: { state: 'open', silencedUntil: at, escalationStep: 0, escalationRound: 0, escalationDueAt: dueAt },
          history: isEarly ? history : [{ at, who: 'Alertmanager', action: 'reported that it fires after its silence' }],
          notify: { notice, recipients, failover: failoverOf(notice, at, plan) },
        }
      }
      // its alerts are gone for this time only when Alertmanager has had time to report them again
      if (isEarly) return { set: { silencedUntil: at }, history }
      return { ...endOf(known, at), notify: { notice: endNotice(known), recipients } }
    })
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

function firingNotice(incident: StoredIncident, isEarly: boolean): Notice {
  const text = isEarly ? 'Its silence was ended in Alertmanager before its time.' : 'Its silence has ended.'
  return { ...noticeOf(incident), kind: 'repeat', text }
}

/** Without the time of the end, which no one knows. */
function endNotice(incident: StoredIncident): Notice {
  const { endedAt: _, ...notice } = noticeOf(incident)
  const alerts = notice.alerts.map((alert) => ({ ...alert, status: 'resolved' as const }))
  return { ...notice, kind: 'resolved', alerts, text: 'It ended while it was silenced.' }
}
