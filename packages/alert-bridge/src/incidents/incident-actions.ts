import { cleanLine } from '../message/clean-text.ts'
import type { Notice } from '../message/notice.ts'
import type { HistoryEntry, IncidentChange, StoredIncident } from '../outbox/incidents.ts'
import type { Recipient, Store } from '../outbox/store.ts'
import { AlertmanagerError, knownMatchers, type Silences } from './alertmanager-silences.ts'

/** A person who acts on an incident, and how: `link`, `Slack`, `list`, with the address where that is known. */
export interface Actor {
  readonly name: string
  readonly via: string
}

/** Result of an action. `already`: there was nothing left to do; `failed`: Alertmanager did not create the silence. */
export type ActionResult =
  | { readonly kind: 'done'; readonly incident: StoredIncident }
  | { readonly kind: 'already'; readonly incident: StoredIncident }
  | { readonly kind: 'failed'; readonly incident: StoredIncident; readonly reason: string }
  | { readonly kind: 'unknown' }

/** Wishes of a person about a silence. */
export interface SilenceWish {
  readonly minutes: number
  readonly comment: string
}

/** Actions of people on incidents. A result means that it is on disk; they reject with StoreError, and then nothing was stored. */
export interface IncidentActions {
  readonly acknowledge: (key: string, actor: Actor) => Promise<ActionResult>
  readonly resolve: (key: string, actor: Actor) => Promise<ActionResult>
  readonly silence: (key: string, actor: Actor, wish: SilenceWish) => Promise<ActionResult>
}

/** Options for {@link incidentActions}. */
export interface IncidentActionOptions {
  readonly store: Pick<Store, 'incident' | 'changeIncident' | 'sharing'>
  readonly now: () => number
  /** Undefined without an Alertmanager. */
  readonly silences: Pick<Silences, 'create' | 'active'> | undefined
  /** Called when there are new deliveries. */
  readonly onStored: () => void
}

/** Connects the actions to the store and to Alertmanager. */
export function incidentActions({ store, now, silences, onStored }: IncidentActionOptions): IncidentActions {
  const running = new Map<string, Promise<unknown>>()

  async function change(key: string, decide: Decide): Promise<ActionResult> {
    const at = now()
    const changed = await store.changeIncident(key, at, (incident, recipients) => decide(incident, recipients, at))
    if (changed === undefined) return { kind: 'unknown' }
    if (changed.isChanged) onStored()
    return { kind: changed.isChanged ? 'done' : 'already', incident: changed.after }
  }

  async function silence(key: string, actor: Actor, wish: SilenceWish): Promise<ActionResult> {
    const incident = await store.incident(key)
    if (incident === undefined) return { kind: 'unknown' }
    if (!canBeSilenced(incident, now())) return { kind: 'already', incident }
    // stored before Alertmanager is asked, so that the history is complete even if this process dies meanwhile
    await note(key, actor, 'asked for a silence', `${wish.minutes} min: ${wish.comment}`)
    let endsAt: number
    let ids: readonly string[]
    try {
      if (silences === undefined) throw new AlertmanagerError('ALERTMANAGER_URL is not set')
      ;({ endsAt, ids } = await createSilences(silences, { incident, actor, wish, now: now() }))
    } catch (error) {
      if (!(error instanceof AlertmanagerError)) throw error
      await note(key, { name: 'Alertmanager', via: error.message }, 'created no silence')
      return { kind: 'failed', incident: (await store.incident(key)) ?? incident, reason: error.message }
    }
    return change(key, (known, recipients, at) => silenced(known, recipients, { actor, endsAt, ids, comment: wish.comment, at }))
  }

  async function note(key: string, { name, via }: Actor, action: string, detail = ''): Promise<void> {
    const at = now()
    const history = [{ at, who: name, action, detail: [detail, via].filter((part) => part !== '').join('; ') }]
    await store.changeIncident(key, at, () => ({ history }))
  }

  /** Runs one silence of an incident at a time, so that a form that is sent twice creates one. */
  async function alone<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = running.get(key)
    const own = (async () => {
      await before?.catch(() => {})
      return store.sharing === undefined ? work() : store.sharing.exclusively(`silence:${key}`, work)
    })()
    running.set(key, own)
    try {
      return await own
    } finally {
      if (running.get(key) === own) running.delete(key)
    }
  }

  return {
    acknowledge: (key, actor) => change(key, (incident, recipients, at) => acknowledged(incident, recipients, { actor, at })),
    resolve: (key, actor) => change(key, (incident, recipients, at) => resolved(incident, recipients, { actor, at })),
    silence: (key, actor, wish) => alone(key, () => silence(key, actor, wish)),
  }
}

type Decide = (incident: StoredIncident, recipients: readonly Recipient[], at: number) => IncidentChange | undefined

interface Act {
  readonly actor: Actor
  readonly at: number
}

/** The change for an acknowledgement; undefined if someone was faster, or if there is nothing left to acknowledge. */
function acknowledged(
  incident: StoredIncident,
  recipients: readonly Recipient[],
  { actor, at }: Act,
): IncidentChange | undefined {
  const { state } = incident
  const isSilent = state === 'silenced' && isActive(incident, at)
  if (state === 'acknowledged' || state === 'resolved' || (isSilent && incident.acknowledgedBy !== undefined)) return undefined
  return {
    set: {
      state: isSilent ? 'silenced' : 'acknowledged',
      acknowledgedAt: at,
      acknowledgedBy: actor.name,
      escalationDueAt: null,
    },
    history: [entry(actor, at, 'acknowledged')],
    notify: { notice: { ...noticeOf(incident), kind: 'acknowledged', acknowledgedBy: actor.name }, recipients },
  }
}

/** The change for an incident that a person marks as resolved; undefined if it is resolved already. */
function resolved(incident: StoredIncident, recipients: readonly Recipient[], { actor, at }: Act): IncidentChange | undefined {
  if (incident.state === 'resolved') return undefined
  const notice = noticeOf(incident)
  const endedAt = new Date(at).toISOString()
  const alerts = notice.alerts.map((alert) =>
    alert.status === 'resolved' ? alert : { ...alert, status: 'resolved' as const, endsAt: endedAt },
  )
  return {
    set: { state: 'resolved', resolvedAt: at, resolvedBy: actor.name, escalationDueAt: null },
    history: [entry(actor, at, 'resolved')],
    notify: { notice: { ...notice, kind: 'resolved', resolvedBy: actor.name, alerts, endedAt }, recipients },
  }
}

interface Silenced extends Act {
  readonly endsAt: number
  readonly ids: readonly string[]
  readonly comment: string
}

function silenced(
  incident: StoredIncident,
  recipients: readonly Recipient[],
  { actor, at, endsAt, ids, comment }: Silenced,
): IncidentChange {
  const until = new Date(endsAt).toISOString()
  const detail = `until ${until}, "${comment}", silence ${ids.join(', ')}; ${actor.via}`
  const history: HistoryEntry[] = [{ at, who: actor.name, action: 'silenced', detail }]
  // it may have ended while Alertmanager created the silence
  if (incident.state === 'resolved') return { history }
  const notice: Notice = { ...noticeOf(incident), kind: 'acknowledged', acknowledgedBy: actor.name, silencedUntil: until }
  // a person who silences an incident has seen it
  const seen = incident.acknowledgedBy === undefined ? { acknowledgedAt: at, acknowledgedBy: actor.name } : {}
  return {
    set: { ...seen, state: 'silenced', silencedUntil: endsAt, escalationDueAt: null },
    history,
    notify: { notice, recipients },
  }
}

/** Whether a silence of the incident has not ended. */
export function isActive({ state, silencedUntil = 0 }: StoredIncident, now: number): boolean {
  return state === 'silenced' && silencedUntil > now
}

/** Whether there is something to silence. */
export function canBeSilenced(incident: StoredIncident, now: number): boolean {
  return incident.state !== 'resolved' && !isActive(incident, now)
}

interface SilenceOrder {
  readonly incident: StoredIncident
  readonly actor: Actor
  readonly wish: SilenceWish
  readonly now: number
}

/** Creates the silences of an incident, or finds those that an earlier attempt created before this process died. */
async function createSilences(
  silences: Pick<Silences, 'create' | 'active'>,
  { incident, actor, wish, now }: SilenceOrder,
): Promise<{ readonly endsAt: number; readonly ids: readonly string[] }> {
  const wanted = knownMatchers(noticeOf(incident))
  if (wanted === undefined) {
    throw new AlertmanagerError('the alerts of this incident are no longer stored; create the silence in Alertmanager')
  }
  const mark = `(incident ${incident.key})`
  const endsAt = now + wish.minutes * 60_000
  const ids: string[] = []
  let first = endsAt
  for (const matchers of wanted) {
    const known = (await silences.active(matchers)).find(({ comment }) => comment.endsWith(mark))
    if (known !== undefined) first = Math.min(first, known.endsAt)
    const create = { matchers, startsAt: now, endsAt, createdBy: actor.name, comment: `${wish.comment} ${mark}` }
    ids.push(known?.id ?? (await silences.create(create)))
  }
  return { endsAt: first, ids }
}

/** The latest notice of an incident, or what is known without it. */
export function noticeOf({ notice, key, title, severity, openedAt }: StoredIncident): Notice {
  const startedAt = new Date(openedAt).toISOString()
  return notice ?? { kind: 'firing', severity, incidentKey: key, title, alerts: [], startedAt }
}

function entry({ name, via }: Actor, at: number, action: string): HistoryEntry {
  return { at, who: name, action, detail: via }
}

/** A name of a person as it may be stored; undefined if nothing is left of it. */
export function personName(text: string): string | undefined {
  const name = cleanLine(text, 80)
  return name === '' ? undefined : name
}
