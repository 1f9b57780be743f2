import type { AlertGroup, GroupAlert } from '@swarmwatch/config'

import { type Meta, watchdogMissing, watchdogReturned } from './message/meta-notices.ts'
import type { Sharing } from './outbox/store.ts'
import { watchSilence } from './silence.ts'

/** Options for {@link watchWatchdog}. */
export interface WatchdogOptions {
  readonly core: {
    readonly watchdogAt: number | undefined
    readonly report: (meta: Meta) => Promise<void>
    readonly openReports: () => readonly string[]
    readonly refreshReports: () => Promise<void>
  }
  /** The leader of several bridges reports for all of them. @default this bridge is alone */
  readonly sharing?: Sharing | undefined
  readonly now: () => number
  /** Time without a Watchdog, while this process ran, that is reported. */
  readonly afterMs: number
  /** How often to look. @default a tenth of that, at most 5 s */
  readonly everyMs?: number
}

/** A running watch for the Watchdog alert. */
export interface Watchdog {
  /** Time since the last Watchdog, or since the start. */
  readonly ageSeconds: () => number
  readonly stop: () => void
}

/** Reports when the alert that always fires no longer arrives, because then no other alert would arrive either. */
export function watchWatchdog({ core, sharing, now, afterMs, everyMs }: WatchdogOptions): Watchdog {
  const startedAt = now()
  const isReported = (): boolean => core.openReports().some(isWatchdogKey)
  let outages = 0
  const silence = watchSilence({
    now,
    afterMs,
    ...(everyMs !== undefined && { everyMs }),
    lastSignAt: () => core.watchdogAt,
    onChange: (isMissing, silentSeconds) => {
      if (sharing !== undefined) return
      if (isMissing) outages += 1
      const key = `watchdog:${startedAt.toString(36)}.${outages}`
      void core.report(isMissing ? watchdogMissing(key, silentSeconds) : watchdogReturned(key))
    },
    // another bridge may have reported it
    ...(sharing !== undefined && isReported() && { initial: { isSilent: true, silentMs: afterMs } }),
  })
  const ageMs = (): number => now() - (core.watchdogAt ?? startedAt)

  /** Reports the difference between what is and what was reported, by whichever bridge. */
  async function reportForAll(): Promise<void> {
    await core.refreshReports()
    if (silence.isSilent() && !isReported()) {
      await core.report(watchdogMissing(`watchdog:${core.watchdogAt ?? 'never'}`, Math.round(ageMs() / 1000)))
    }
    if (!silence.isSilent()) for (const key of core.openReports().filter(isWatchdogKey)) await core.report(watchdogReturned(key))
  }

  const stopReports = sharing && whileLeader(sharing, reportForAll, everyMs ?? Math.min(afterMs / 10, 5_000))
  return {
    ageSeconds: () => ageMs() / 1000,
    stop: () => {
      silence.stop()
      stopReports?.()
    },
  }
}

function isWatchdogKey(key: string): boolean {
  return key.startsWith('watchdog:')
}

/** Repeats `work` in the bridge that leads, never twice at once. Returns a function that stops it. */
export function whileLeader(sharing: Pick<Sharing, 'isLeader'>, work: () => Promise<void>, everyMs: number): () => void {
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning || !sharing.isLeader()) return
    isRunning = true
    await work().catch(() => {})
    isRunning = false
  }

  const timer = setInterval(() => void run(), everyMs)
  return () => clearInterval(timer)
}

// Watchdog of kube-prometheus, PrometheusWatchdog, AlwaysFiring; a HardwareWatchdog is another thing
const watchdogs = /^(?:prometheus|alertmanager|monitoring|cluster|kube(?:rnetes)?|e2e)*(?:watchdog|alwaysfiring)(?:alert)?$/
// DeadMansSwitch, PrometheusAlertmanagerE2eDeadManSwitch, Dead Man's Snitch ...
const deadMen = /^\w*deadmans?(?:switch|snitch)(?:alert)?$/
/** Words in the name of an alert about the sign of life, such as `NoDeadMansSwitch`, which must not be lost. */
const troubles =
  /^(?:no|not|non|missing|miss|missed|lost|absent|without|broken|failed|failing|failure|late|stale|down|silent|stopped|invalid|dead)$/

/** Whether an alert is the one that always fires, by the names that teams use for it. It is a sign of life and not reported. */
export function isWatchdogName(alertname: string): boolean {
  const name = alertname.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (watchdogs.test(name)) return true
  return deadMen.test(name) && !wordsOf(alertname.replace(/dead.?man/i, ' ')).some((word) => troubles.test(word))
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2 ')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}

/** A group without the alerts that always fire, and whether one of them fires. */
export interface WithoutWatchdog {
  readonly isAlive: boolean
  /** Undefined if the group contained nothing else. */
  readonly group: AlertGroup | undefined
}

/** Removes the alerts that always fire from a group; routes that do not match by name group them with others. */
export function withoutWatchdog(group: AlertGroup): WithoutWatchdog {
  const isWatchdog = ({ labels }: GroupAlert): boolean => isWatchdogName(labels['alertname'] ?? '')
  const rest = group.alerts.filter((alert) => !isWatchdog(alert))
  if (rest.length === group.alerts.length) return { isAlive: false, group }
  const isAlive = group.alerts.some((alert) => isWatchdog(alert) && alert.status === 'firing')
  const status = rest.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved'
  return { isAlive, group: rest.length === 0 ? undefined : { ...group, status, alerts: rest } }
}
