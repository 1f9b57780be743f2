import type { EscalationStep, Rotation } from '@swarmwatch/config'

import type { PauseWatch } from '../clock.ts'
import { type Waker, waker } from '../deliveries/waker.ts'
import { failoverOf, type FailoverPlan } from '../intake/prepare-entry.ts'
import type { Notice } from '../message/notice.ts'
import type { Calendars } from '../on-call/calendars.ts'
import type { HistoryEntry, IncidentChange, StoredIncident } from '../outbox/incidents.ts'
import type { Store } from '../outbox/store.ts'
import type { RoutedChannel } from '../routing.ts'
import { beginFor, decideStep, type DueStep, type EscalatedIncident } from './next-step.ts'
import { type StepTargets, stepTargets } from './step-targets.ts'

/** Whom to notify while no one acknowledges an incident, and when. */
export interface EscalationPolicy {
  /** `alerts.escalation`. */
  readonly steps: readonly EscalationStep[]
  /** `alerts.rotations`. */
  readonly rotations: readonly Rotation[]
}

/** All addresses of a policy, which channels must be able to notify. */
export function peopleOf({ steps, rotations }: EscalationPolicy): string[] {
  return [
    ...steps.flatMap(({ recipients }) => recipients),
    ...rotations.flatMap(({ people }) => people.flatMap(({ recipients }) => recipients)),
  ]
}

/** Options for {@link runEscalation}. */
export interface EscalationOptions extends EscalationPolicy {
  readonly store: Pick<Store, 'dueSteps' | 'nextStepAt' | 'incidentHistory' | 'changeIncident'>
  readonly channels: readonly RoutedChannel[]
  readonly calendars: Calendars
  readonly plan: FailoverPlan
  /** When several incidents are due, their messages wait this long for further ones. */
  readonly stepWaitMs: number
  readonly now: () => number
  readonly pauses: Pick<PauseWatch, 'awakeForMs' | 'wasPaused'>
  /** Prints one line. */
  readonly write: (line: string) => void
  /** Called when there are new deliveries. */
  readonly onNewDeliveries: () => void
}

/** How often to look for incidents that began since. */
const lookAgainMs = 1_000
/** A message has at most this many earlier steps, the last ones; each step of a repetition stores them again. */
const maxStepsBefore = 5
/** After a pause of the process, acknowledgments that wait in the sockets are read first. */
const settleMs = 5_000

/**
 * Sends the steps of open incidents when they are due. The commit that stores the messages of a step also moves the incident to the next
 * one, so each step is sent once, whichever bridge does it and whenever it is killed. Starts at once.
 */
export function runEscalation(options: EscalationOptions): Waker {
  const { steps, store, stepWaitMs, now, pauses, write, onNewDeliveries } = options

  async function look(): Promise<number> {
    const settlesInMs = pauses.wasPaused() ? settleMs - pauses.awakeForMs() : 0
    if (settlesInMs > 0) return settlesInMs
    const due = await store.dueSteps(now())
    const waitMs = due.length > 1 ? stepWaitMs : 0
    // at once, because the store commits them together
    const advanced = await Promise.allSettled(due.map((incident) => advance(incident, waitMs)))
    if (advanced.some((one) => one.status === 'fulfilled' && one.value)) onNewDeliveries()
    for (const one of advanced) if (one.status === 'rejected') throw one.reason
    const next = await store.nextStepAt()
    return Math.min(Math.max((next ?? Number.POSITIVE_INFINITY) - now(), 5), lookAgainMs)
  }

  /** Returns whether there are new deliveries, which are due after `waitMs`. */
  async function advance(incident: StoredIncident, waitMs: number): Promise<boolean> {
    const due = decideStep(steps, escalated(steps, incident), positionOf(incident), now())
    const targets = due.kind === 'send' ? await stepTargets(steps[due.step]!, { ...options, now: now() }) : undefined
    const history = due.kind === 'send' ? await store.incidentHistory(incident.key) : []
    const at = now()
    const changed = await store.changeIncident(incident.key, at, (known) => {
      // another bridge was faster, or someone has acknowledged it meanwhile
      if (known.state !== 'open' || !isSame(known, incident)) return undefined
      return changeFor(known, { ...options, targets, history, at, waitMs })
    })
    if (changed?.isChanged !== true || targets === undefined) return false
    if (targets.problem !== undefined) {
      write(`[BRIDGE] escalation of incident ${incident.key}: ${targets.problem}; notified ${targets.who}`)
    }
    return true
  }

  const escalation = waker(look)
  escalation.wake()
  return escalation
}

function positionOf({ escalationStep, escalationRound }: StoredIncident): { readonly step: number; readonly round: number } {
  return { step: escalationStep, round: escalationRound }
}

/** After a silence the steps begin again, so their times no longer depend on the beginning of the incident. */
function escalated(steps: readonly EscalationStep[], incident: StoredIncident): EscalatedIncident {
  const { severity, openedAt, silencedUntil, escalationDueAt: dueAt } = incident
  if (silencedUntil === undefined || dueAt === undefined) return { severity, openedAt }
  return { severity, openedAt: beginFor(steps, incident, { ...positionOf(incident), dueAt }) }
}

function isSame(one: StoredIncident, other: StoredIncident): boolean {
  return (
    one.escalationStep === other.escalationStep &&
    one.escalationRound === other.escalationRound &&
    one.escalationDueAt === other.escalationDueAt &&
    one.severity === other.severity
  )
}

interface StepContext extends Pick<EscalationOptions, 'steps' | 'plan'> {
  readonly targets: StepTargets | undefined
  readonly history: readonly HistoryEntry[]
  readonly at: number
  readonly waitMs: number
}

/** The step that is due, as one change of the incident. */
function changeFor(incident: StoredIncident, { steps, plan, targets, history, at, waitMs }: StepContext): IncidentChange {
  const decision = decideStep(steps, escalated(steps, incident), positionOf(incident), at)
  if (decision.kind !== 'send' || targets === undefined) {
    return { set: nextFields(decision.kind === 'wait' ? decision.next : undefined) }
  }
  const own = steps.flatMap(({ severities }, index) => (severities.includes(incident.severity) ? [index] : []))
  const [number, of] = [own.indexOf(decision.step) + 1, own.length]
  const { who, mentions, problem, recipients } = targets
  const notice: Notice = {
    ...(incident.notice ?? { title: incident.title, alerts: [], startedAt: new Date(incident.openedAt).toISOString() }),
    kind: 'escalation',
    severity: incident.severity,
    incidentKey: incident.key,
    escalation: {
      number,
      of,
      round: decision.round,
      who,
      before: history
        .filter(isStep)
        .slice(-maxStepsBefore)
        .map((entry) => ({ who: entry.detail ?? '', at: new Date(entry.at).toISOString() })),
      ...(mentions.length > 0 && { mentions }),
      ...(problem !== undefined && { problem }),
    },
  }
  return {
    // a position after the last step, so that a further notification of the incident does not begin with the first one again
    set: decision.next === undefined ? { escalationStep: decision.step + 1, escalationDueAt: null } : nextFields(decision.next),
    history: [{ at, who: 'escalation', action: 'notified', detail: `${who}, step ${number} of ${of}` }],
    notify: { notice, recipients, dueAt: at + waitMs, failover: failoverOf(notice, at, plan) },
  }
}

function isStep({ who, action }: HistoryEntry): boolean {
  return who === 'escalation' && action === 'notified'
}

function nextFields(next: DueStep | undefined): NonNullable<IncidentChange['set']> {
  return next === undefined
    ? { escalationDueAt: null }
    : { escalationStep: next.step, escalationRound: next.round, escalationDueAt: next.dueAt }
}
