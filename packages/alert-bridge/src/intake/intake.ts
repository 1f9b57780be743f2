import type { AlertGroup, EscalationStep } from '@swarmwatch/config'

import type { Checkpoints } from '../checkpoint.ts'
import { lastResortLine } from '../message/console-lines.ts'
import { bodyUnreadable, type Meta, metaNotice } from '../message/meta-notices.ts'
import type { Notice } from '../message/notice.ts'
import type { BridgeMetrics } from '../metrics/bridge-metrics.ts'
import { type Accepted, type Decision, type Inbox, type MetaStates, type Store, StoreError } from '../outbox/store.ts'
import { parseJson } from '../parse-json.ts'
import type { RoutedChannel } from '../routing.ts'
import { withoutWatchdog } from '../watchdog.ts'
import { type BridgeEvent, noticeOfEvent } from './bridge-event.ts'
import { eventKey } from './dedupe.ts'
import { type MetaReports, startMetaReports } from './meta-reports.ts'
import { type FailoverPlan, type PreparedEntry, prepareGroup, prepareNotice } from './prepare-entry.ts'
import { readAlertGroup, type ReceivedGroup } from './read-alert-group.ts'

/** Accepts groups, events and reports of the bridge about itself. A promise that resolves means: on disk. */
export interface Intake {
  readonly acceptGroup: (group: ReceivedGroup, traceparent?: string) => Promise<Accepted>
  /** Accepts a body that should be an Alertmanager webhook. A body that cannot be read is quarantined and reported. */
  readonly acceptBody: (body: Uint8Array, traceparent?: string) => Promise<Accepted & { readonly quarantined?: string }>
  readonly acceptEvent: (event: BridgeEvent) => Promise<Accepted>
  /** Accepts a notice without changes, such as a drill. */
  readonly acceptNotice: (notice: Notice) => Promise<Accepted>
  readonly report: MetaReports['report']
  readonly openReports: MetaReports['openReports']
  readonly refreshReports: MetaReports['refresh']
  /** Reads a quarantined body again and accepts it if it can be read now. */
  readonly replayQuarantined: (id: string) => Promise<ReplayedBody>
  /** Whether the limit of pending deliveries is reached, so that nothing more is accepted. */
  readonly isFull: () => Promise<boolean>
  /** When the last Watchdog alert arrived, at this bridge or at another one that shares the store. */
  readonly watchdogAt: number | undefined
  readonly stop: () => void
}

/** Options for {@link startIntake}. */
export interface IntakeOptions {
  readonly store: Inbox & MetaStates & Pick<Store, 'sharing' | 'incident'>
  readonly channels: readonly RoutedChannel[]
  readonly metrics: BridgeMetrics
  readonly checkpoints: Checkpoints
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  readonly plan: FailoverPlan
  /** `alerts.escalation`. @default [] */
  readonly steps?: readonly EscalationStep[] | undefined
  /** Maximum number of pending deliveries. */
  readonly limit: number
  /** Called when there are new deliveries. */
  readonly onAccepted: () => void
}

/** Starts the intake, and continues with the reports that an earlier process held. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const { store, channels, metrics, checkpoints, now, write, plan, steps, limit, onAccepted } = options
  const maxPerNotice = channels.flatMap(({ channel }) => channel.recipients).length
  const { isFull, assertRoom } = inboxLimit({ store, now, limit, maxPerNotice })
  let watchdogAt: number | undefined
  const reports = await startMetaReports({
    store,
    now,
    accept: async (meta, except, key) => {
      const options = { ...(except && { except }), ...(key !== undefined && { key: eventKey(key) }) }
      await accept(prepareNotice(metaNotice(meta, now()), { channels, plan, receivedAt: now(), ...options }))
    },
    onUnstored: (meta: Meta) => write(lastResortLine('meta', metaNotice(meta, now()), [])),
  })

  async function accept({ entry, decide }: PreparedEntry): Promise<Accepted> {
    let decided: Decision | undefined
    const accepted = await store.accept(entry, (known) => (decided = decide(known)))
    checkpoints.reached('after-commit')
    if (accepted.duplicate === undefined) {
      onAccepted()
      if (decided?.kind === 'keep' && decided.status === 'resolved') void recordEnd(decided.notice.incidentKey, entry.receivedAt)
    } else metrics.duplicate(accepted.duplicate)
    return accepted
  }

  /** Records how long an incident lasted, unless its end was known before. */
  async function recordEnd(key: string, at: number): Promise<void> {
    const incident = await store.incident(key).catch(() => undefined)
    if (incident?.resolvedAt === at) metrics.resolved(incident.severity, Math.max(at - incident.openedAt, 0) / 1000)
  }

  async function acceptGroup(group: ReceivedGroup, traceparent?: string): Promise<Accepted> {
    const receivedAt = now()
    metrics.received()
    const { isAlive, group: rest } = withoutWatchdog(group)
    if (isAlive) {
      watchdogAt = receivedAt
      await store.sharing?.saveWatchdog(receivedAt)
    }
    const accepted = rest === undefined ? { id: 'watchdog' } : await acceptRest(rest)
    metrics.notification(group.receiver)
    return accepted

    async function acceptRest(alerts: ReceivedGroup): Promise<Accepted> {
      await assertRoom()
      return accept(prepareGroup(alerts, { channels, plan, steps, receivedAt, traceparent }))
    }
  }

  async function acceptBody(body: Uint8Array, traceparent?: string): Promise<Accepted & { readonly quarantined?: string }> {
    const read = readAlertGroup(body)
    if (read.kind === 'read') return acceptGroup(read.value, traceparent)
    metrics.received()
    await assertRoom()
    const id = await store.quarantine(body, read.reason, now())
    checkpoints.reached('after-commit')
    await reports.report(bodyUnreadable(read.reason, id))
    metrics.notification(receiverIn(body))
    return { id, quarantined: read.reason }
  }

  async function acceptEvent(event: BridgeEvent): Promise<Accepted> {
    const receivedAt = now()
    metrics.received()
    await assertRoom()
    const key = event.key === undefined ? undefined : eventKey(event.key)
    const notice = noticeOfEvent(event, receivedAt)
    return accept(prepareNotice(notice, { channels, plan, receivedAt, ...(key !== undefined && { key }) }))
  }

  return {
    acceptGroup,
    acceptBody,
    acceptEvent,
    acceptNotice: async (notice) => accept(prepareNotice(notice, { channels, plan, receivedAt: now() })),
    report: reports.report,
    openReports: reports.openReports,
    refreshReports: reports.refresh,
    replayQuarantined: (id) => replayQuarantined(id, store, acceptGroup),
    isFull,
    get watchdogAt() {
      const shared = store.sharing?.watchdogAt()
      return shared === undefined ? watchdogAt : Math.max(shared, watchdogAt ?? shared)
    },
    stop: reports.stop,
  }
}

/** The receiver in a body that is no webhook, because a template of Alertmanager has changed it: it was sent and received all the same. */
function receiverIn(body: Uint8Array): string {
  const value = parseJson(Buffer.from(body).toString('utf8')) as { receiver?: unknown } | null | undefined
  return typeof value?.receiver === 'string' ? value.receiver : ''
}

/** Result of {@link replayQuarantined}. */
export type ReplayedBody = 'replayed' | 'unknown' | { readonly stillUnreadable: string }

/**
 * Reads a quarantined body again, which may work after an upgrade, and passes it to `accept`. Only then is it removed from the
 * quarantine: a crash between the two causes a duplicate, which is detected, and never a loss.
 */
export async function replayQuarantined(
  id: string,
  store: Pick<Inbox, 'quarantinedBody' | 'forgetQuarantined'>,
  accept: (group: AlertGroup) => Promise<Accepted>,
): Promise<ReplayedBody> {
  const body = await store.quarantinedBody(id)
  if (body === undefined) return 'unknown'
  const read = readAlertGroup(body)
  if (read.kind === 'unreadable') return { stillUnreadable: read.reason }
  await accept(read.value)
  await store.forgetQuarantined(id)
  return 'replayed'
}

/** Options for {@link inboxLimit}. */
interface InboxLimitOptions {
  readonly store: Pick<Inbox, 'countPending'>
  readonly now: () => number
  readonly limit: number
  /** Maximum number of deliveries of one notice. */
  readonly maxPerNotice: number
}

/** Limits the number of pending deliveries. */
interface InboxLimit {
  /** @throws StoreError `crowded`, which is answered with 503: Alertmanager keeps the alert and sends it again */
  readonly assertRoom: () => Promise<void>
  readonly isFull: () => Promise<boolean>
}

/** How long a full inbox counts as full without another count. */
const fullForMs = 250

/** Counts the pending deliveries again when enough has been accepted since the last count to reach the limit. */
function inboxLimit({ store, now, limit, maxPerNotice }: InboxLimitOptions): InboxLimit {
  let counted = { waiting: 0, at: Number.NEGATIVE_INFINITY }
  let counting: Promise<void> | undefined
  let asked = 0

  async function isFull(): Promise<boolean> {
    asked += 1
    const isStale = counted.waiting < limit ? counted.waiting + asked * maxPerNotice >= limit : now() - counted.at > fullForMs
    if (isStale || counted.at === Number.NEGATIVE_INFINITY) counting ??= count().finally(() => (counting = undefined))
    // requests that arrive meanwhile wait for the same count
    if (counting !== undefined) await counting
    return counted.waiting >= limit
  }

  async function count(): Promise<void> {
    asked = 0
    counted = { waiting: await store.countPending(limit), at: now() }
  }

  return {
    isFull,
    assertRoom: async () => {
      if (await isFull())
        throw new StoreError('crowded', `${limit} deliveries are waiting, the maximum set by BRIDGE_INBOX_LIMIT`)
    },
  }
}
