import type { ExplainNotice } from './causes/explain-notice.ts'
import type { Channel } from './channels/channel.ts'
import type { ChartOfNotice } from './charts/open-charts.ts'
import { noCheckpoints, type Checkpoints } from './checkpoint.ts'
import { watchPauses } from './clock.ts'
import { deliveryTimes, type DeliveryTimes } from './deliveries/delivery-context.ts'
import { startDispatcher, type Dispatcher } from './deliveries/dispatcher.ts'
import { type EscalationPolicy, runEscalation } from './escalation/run-escalation.ts'
import { startIntake, type Intake } from './intake/intake.ts'
import { measuredIncidents } from './incidents/measured-incidents.ts'
import { channelFailed, channelRecovered } from './message/meta-notices.ts'
import type { BridgeMetrics } from './metrics/bridge-metrics.ts'
import { type CalendarOptions, openCalendars } from './on-call/calendars.ts'
import type { Store } from './outbox/store.ts'
import type { RoutedChannel } from './routing.ts'

/** Accepts notices, stores them, and delivers them. A promise that resolves means: on disk. */
export interface BridgeCore extends Omit<Intake, 'stop'>, Pick<Dispatcher, 'wake' | 'openBreakers'> {
  readonly store: Store
  /** Whether the last delivery succeeded; a last resort, such as the console, does not count. */
  readonly lastDeliveryWorked: boolean
  /** Whether at least one channel that reaches someone seems to work; always true if there is none. */
  readonly canDeliver: () => boolean
  /** Accepts no more and ends the attempts in progress; everything else stays for the next start. */
  readonly close: () => Promise<void>
}

/** Options for {@link startCore}. */
export interface CoreOptions {
  /** Belongs to the core from now on, and is closed with it. */
  readonly store: Store
  readonly channels: readonly RoutedChannel[]
  readonly metrics: BridgeMetrics
  /** Milliseconds since 1970, never backwards. */
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
  readonly times?: Partial<DeliveryTimes>
  /** Whom to notify while no one acknowledges an incident. `fetch` is for calendars. @default no one */
  readonly escalation?: (EscalationPolicy & Pick<CalendarOptions, 'fetch'>) | undefined
  /** Maximum number of pending deliveries; more are refused until some have been delivered. @default 200,000 */
  readonly inboxLimit?: number | undefined
  readonly random?: () => number
  readonly checkpoints?: Checkpoints
  /** Adds what leads to the cause to a notice before it is sent. @default notices stay as they are */
  readonly explain?: ExplainNotice | undefined
  /** Makes the chart of a notice, for channels that show it. @default no charts */
  readonly chart?: ChartOfNotice | undefined
  /** Whether the other channels report that one does not work. @default true */
  readonly reportsChannels?: boolean
}

/** With 2 kB each they fit on any disk, and they are more than anyone reads in a week. */
export const defaultInboxLimit = 200_000

/** Connects intake, outbox and deliveries. Rejects, and closes the store, if the store cannot be written. */
export async function startCore(given: CoreOptions): Promise<BridgeCore> {
  const options = { ...given, store: { ...given.store, ...measuredIncidents(given.store, given.metrics) } }
  const { store, channels, metrics, now, write, random = Math.random, checkpoints = noCheckpoints } = options
  const times = { ...deliveryTimes, ...options.times }
  let dispatcher: Dispatcher | undefined
  let lastDeliveryWorked = true

  const stopUpkeep = await startUpkeep({ ...options, times }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const intake = await startIntake({
    store,
    channels,
    metrics,
    checkpoints,
    now,
    write,
    plan: times,
    steps: options.escalation?.steps,
    limit: options.inboxLimit ?? defaultInboxLimit,
    onAccepted: () => {
      dispatcher?.wakeQueues()
      store.sharing?.announceWork()
    },
  })
  const pauses = watchPauses()
  const watched = channels.map((one) => ({ ...one, channel: watch(one.channel) }))
  const started = await startDispatcher(watched, { store, metrics, times, checkpoints, now, pauses, random, write, onChannel })
  dispatcher = started
  store.sharing?.onWork(started.wake)
  const escalation = startEscalation()

  function startEscalation(): ReturnType<typeof runEscalation> | undefined {
    const { steps = [], rotations = [], fetch } = options.escalation ?? {}
    if (steps.length === 0) return undefined
    const calendars = openCalendars({ now, write, copies: store, ...(fetch && { fetch }) })
    return runEscalation({
      store,
      channels,
      steps,
      rotations,
      calendars,
      now,
      pauses,
      write,
      plan: times,
      stepWaitMs: times.stepWaitMs,
      onNewDeliveries: () => {
        started.wakeQueues()
        store.sharing?.announceWork()
      },
    })
  }

  function watch(channel: Channel): Channel {
    return {
      ...channel,
      deliver: async (delivery, signal) => {
        const [explained = delivery.notice, chart] = await Promise.all([
          options.explain?.(delivery.notice),
          channel.showsCharts === true ? options.chart?.(delivery.notice) : undefined,
        ])
        const notice = chart === undefined ? explained : { ...explained, chart }
        const result = await channel.deliver({ ...delivery, notice }, signal)
        if (channel.isLastResort !== true) lastDeliveryWorked = result.kind === 'delivered'
        return result
      },
    }
  }

  function canDeliver(): boolean {
    const lastResorts = new Set(channels.flatMap(({ channel }) => (channel.isLastResort === true ? [channel.name] : [])))
    const reaching = started.openBreakers().filter(({ channel }) => !lastResorts.has(channel))
    return lastDeliveryWorked || reaching.length === 0 || reaching.some(({ isOpen }) => !isOpen)
  }

  function onChannel(channel: string, reason: string | undefined): void {
    if (options.reportsChannels === false) return
    void intake.report(reason === undefined ? channelRecovered(channel) : channelFailed(channel, reason), channel)
  }

  return {
    ...intake,
    get watchdogAt() {
      return intake.watchdogAt
    },
    store,
    get lastDeliveryWorked() {
      return lastDeliveryWorked
    },
    canDeliver,
    wake: () => {
      started.wake()
      escalation?.wake()
    },
    openBreakers: started.openBreakers,
    close: async () => {
      stopUpkeep()
      intake.stop()
      pauses.stop()
      await escalation?.stop()
      await started.stop()
      await Promise.allSettled(channels.map(({ channel }) => channel.close()))
      await store.close()
    },
  }
}

const dayMs = 24 * 3_600_000
/** Delivered rows are stored this long, dead letters three times as long. */
const retentionMs = 30 * dayMs

type UpkeepOptions = CoreOptions & { readonly times: DeliveryTimes }

/** Repairs the store after a start, and deletes old rows every hour. Returns a function that stops it. */
async function startUpkeep({ store, channels, metrics, now, write, times }: UpkeepOptions): Promise<() => void> {
  store.sharing?.serve(channels.map(({ channel }) => channel.name))
  const unknown = await store.recover(now())
  if (unknown > 0) {
    metrics.unknownOutcome(unknown)
    write(
      `[BRIDGE] ${unknown} deliveries were in progress when the last process ended; the bridge attempts them again, so they may arrive twice`,
    )
  }
  await buryOrphans()
  await beat()

  async function buryOrphans(): Promise<void> {
    const names = new Set(channels.map(({ channel }) => channel.name))
    if ((await store.channelsWithPending()).every((name) => names.has(name))) return
    const orphans = (await store.list({ state: 'pending' })).filter(({ channel }) => !names.has(channel))
    write(`[BRIDGE] ${orphans.length} deliveries waited for channels that are no longer configured; they are now dead letters`)
    await Promise.all(
      orphans.map(({ id, channel }) => store.deadLetter([id], now(), `the channel "${channel}" is no longer configured`)),
    )
    for (const _ of orphans) metrics.deadLetter()
  }

  async function forget(): Promise<void> {
    const at = now()
    // in batches, so that no request waits long for the disk
    while ((await store.forget(at - retentionMs, at - 3 * retentionMs)) >= 1000)
      await new Promise((resolve) => setTimeout(resolve, 50))
  }

  async function beat(): Promise<void> {
    const released = (await store.sharing?.beat()) ?? 0
    if (released === 0) return
    metrics.unknownOutcome(released)
    write(`[BRIDGE] ${released} deliveries of another bridge were released because it is gone; they may arrive twice`)
  }

  const timers = [
    // the bridge that had the channel may be found to be gone only later
    setInterval(
      () =>
        void forget()
          .then(buryOrphans)
          .catch(() => {}),
      times.upkeepEveryMs,
    ),
    ...(store.sharing ? [setInterval(() => void beat().catch(() => {}), times.beatEveryMs)] : []),
  ]
  void forget().catch(() => {})
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}
