import type { AlertGroup } from '@swarmwatch/config'

import type { Channel } from './channels/channel.ts'
import { noCheckpoints } from './checkpoint.ts'
import { watchPauses } from './clock.ts'
import type { CoreOptions } from './core-options.ts'
import { deliveryTimes } from './deliveries/delivery-context.ts'
import { startDispatcher } from './deliveries/dispatcher.ts'
import { type BridgeEvent, noticeOfEvent, readEvent } from './intake/bridge-event.ts'
import { eventKey } from './intake/dedupe.ts'
import { inboxLimit } from './intake/inbox-limit.ts'
import { type ReplayedBody, replayQuarantined } from './intake/intake.ts'
import { startMetaReports } from './intake/meta-reports.ts'
import { takeGroup, type Taken, takeNotice } from './intake/prepare-entry.ts'
import { type Read, readAlertGroup } from './intake/read-alert-group.ts'
import { withoutWatchdog } from './intake/watchdog-alert.ts'
import { lastResortLine } from './message/console-lines.ts'
import { type Meta, metaNotice } from './message/meta-notices.ts'
import type { Notice } from './message/notice.ts'
import type { Accepted, Store } from './outbox/store.ts'
import { startUpkeep } from './upkeep.ts'

/** Takes what is to be told, keeps it, and tells it. Every promise that resolves means: on disk. */
export interface BridgeCore {
  readonly acceptGroup: (group: AlertGroup, traceparent?: string) => Promise<Accepted>
  /** Takes bytes that should be an Alertmanager webhook; what cannot be read is kept apart and told as such. */
  readonly acceptBody: (body: Uint8Array, traceparent?: string) => Promise<Accepted & { readonly quarantined?: string }>
  readonly acceptEvent: (event: BridgeEvent) => Promise<Accepted>
  readonly readEvent: (body: Uint8Array) => Read<BridgeEvent>
  /** A notice as it is, such as a drill. */
  readonly acceptNotice: (notice: Notice) => Promise<Accepted>
  /** Says something of the bridge itself; never rejects. */
  readonly sayMeta: (meta: Meta, except?: string) => Promise<void>
  /** Whether the last message went out, and when the last Watchdog came in. */
  readonly lastDeliveryWorked: boolean
  readonly watchdogAt: number | undefined
  readonly store: Store
  /** Reads a quarantined body again and takes it if it can be read now. */
  readonly replayQuarantined: (id: string) => Promise<ReplayedBody>
  /** Whether so much waits that nothing more is taken. */
  readonly isFull: () => Promise<boolean>
  readonly wake: () => void
  readonly openBreakers: () => { channel: string; isOpen: boolean }[]
  /** Takes no more, ends what is on its way; the rest stays for the next start. */
  readonly close: () => Promise<void>
}

/** At 2 kB each it fits on any disk, and is more than people could be told in a week. */
export const defaultInboxLimit = 200_000

/** Starts it on a store that is its own from then on; rejects, and closes the store, when nothing can be written there. */
export async function startCore(options: CoreOptions): Promise<BridgeCore> {
  const {
    store,
    channels,
    metrics,
    now,
    write,
    random = Math.random,
    checkpoints = noCheckpoints,
    tellsOfChannels = true,
  } = options
  const times = { ...deliveryTimes, ...options.times }
  const { isFull, assertRoom } = inboxLimit({
    store,
    now,
    limit: options.inboxLimit ?? defaultInboxLimit,
    mostPerNotice: channels.flatMap(({ channel }) => channel.recipients).length,
  })
  let watchdogAt: number | undefined
  let lastDeliveryWorked = true

  const stopUpkeep = await startUpkeep(options).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const reports = await startMetaReports({
    store,
    now,
    tell: async (meta, except) => {
      const notice = metaNotice(meta, now())
      await keep(takeNotice(notice, { channels, plan: times, receivedAt: now(), ...(except !== undefined && { except }) }))
    },
    onUntold: (meta) => write(lastResortLine('meta', metaNotice(meta, now()), [])),
  })
  const watched = channels.map((one) => ({ ...one, channel: watch(one.channel) }))
  const pauses = watchPauses()
  const world = { store, metrics, times, checkpoints, now, pauses, random, write, onChannel }
  const dispatcher = await startDispatcher(watched, world)

  function watch(channel: Channel): Channel {
    return {
      ...channel,
      deliver: async (delivery, signal) => {
        const result = await channel.deliver(delivery, signal)
        if (channel.isLastResort !== true) lastDeliveryWorked = result.kind === 'delivered'
        return result
      },
    }
  }

  function onChannel(channel: string, reason: string | undefined): void {
    const key = `channel:${channel}`
    const meta: Meta =
      reason === undefined
        ? {
            key,
            severity: 'warning',
            title: `Channel ${channel} works again`,
            text: 'What waited is being sent now.',
            isOver: true,
          }
        : {
            key,
            severity: 'warning',
            title: `Channel ${channel} cannot deliver`,
            text: `${reason}. Messages wait and go out when it works again; after a day they become dead letters.`,
          }
    if (tellsOfChannels) void reports.report(meta, channel)
  }

  async function keep({ entry, decide }: Taken): Promise<Accepted> {
    const accepted = await store.accept(entry, decide)
    checkpoints.reached('after-commit')
    if (accepted.duplicate === undefined) dispatcher.wakeLanes()
    else metrics.duplicate(accepted.duplicate)
    return accepted
  }

  async function acceptGroup(group: AlertGroup, traceparent?: string): Promise<Accepted> {
    const receivedAt = now()
    metrics.received()
    const { isAlive, group: rest } = withoutWatchdog(group)
    if (isAlive) watchdogAt = receivedAt
    if (rest === undefined) return { id: 'watchdog' }
    await assertRoom()
    return keep(takeGroup(rest, { channels, plan: times, receivedAt, traceparent }))
  }

  async function acceptBody(body: Uint8Array, traceparent?: string): Promise<Accepted & { readonly quarantined?: string }> {
    const read = readAlertGroup(body)
    if (read.kind === 'read') return acceptGroup(read.value, traceparent)
    metrics.received()
    await assertRoom()
    const id = await store.quarantine(body, read.reason, now())
    checkpoints.reached('after-commit')
    await reports.report({
      key: 'quarantine',
      severity: 'critical',
      title: 'An alert could not be read',
      text: `It was taken because it was authenticated, but ${read.reason}. It is kept as ${id}; look at the receiver in alertmanager.yml.`,
      detail: id,
    })
    return { id, quarantined: read.reason }
  }

  return {
    store,
    acceptGroup,
    acceptBody,
    readEvent,
    acceptEvent: async (event) => {
      const receivedAt = now()
      metrics.received()
      await assertRoom()
      const key = event.key === undefined ? undefined : eventKey(event.key)
      const notice = noticeOfEvent(event, receivedAt)
      return keep(takeNotice(notice, { channels, plan: times, receivedAt, ...(key !== undefined && { key }) }))
    },
    acceptNotice: async (notice) => keep(takeNotice(notice, { channels, plan: times, receivedAt: now() })),
    sayMeta: reports.report,
    get lastDeliveryWorked() {
      return lastDeliveryWorked
    },
    get watchdogAt() {
      return watchdogAt
    },
    isFull,
    replayQuarantined: (id) => replayQuarantined(id, store, acceptGroup),
    wake: dispatcher.wake,
    openBreakers: dispatcher.openBreakers,
    close: async () => {
      stopUpkeep()
      reports.stop()
      pauses.stop()
      await dispatcher.stop()
      await Promise.allSettled(channels.map(({ channel }) => channel.close()))
      await store.close()
    },
  }
}
