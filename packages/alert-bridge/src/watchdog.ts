import type { AlertGroup, GroupAlert, Secret } from '@swarmwatch/config'

import { patientTimeout } from './clock.ts'
import { type Meta, watchdogMissing, watchdogReturned } from './message/meta-notices.ts'

/** Options for {@link watchWatchdog}. */
export interface WatchdogOptions {
  readonly core: { readonly watchdogAt: number | undefined; readonly report: (meta: Meta) => Promise<void> }
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

/** Time after a pause to read what waits in the sockets, and for an Alertmanager that was paused too. */
const maxGraceMs = 10_000

/**
 * Reports when the alert that always fires no longer arrives, because then no other alert would arrive either. A pause of this process
 * does not count, and requests that arrived meanwhile are read first.
 */
export function watchWatchdog({ core, now, afterMs, everyMs = Math.min(afterMs / 10, 5_000) }: WatchdogOptions): Watchdog {
  const startedAt = now()
  const pauseMs = Math.max(3 * everyMs, Math.min(1_000, afterMs / 2))
  let isMissing = false
  let outages = 0
  let silentMs = 0
  let lastLookAt = startedAt
  let lastWatchdogAt: number | undefined
  let graceMs = 0
  let wasLate = false

  function look(): void {
    const at = now()
    const elapsedMs = at - lastLookAt
    lastLookAt = at
    const ranMs = Math.min(elapsedMs, pauseMs)
    silentMs += ranMs
    if (core.watchdogAt !== lastWatchdogAt) {
      lastWatchdogAt = core.watchdogAt
      silentMs = Math.min(silentMs, at - (lastWatchdogAt ?? at))
    }
    // a process that is always late gets one grace period, so that it reports in the end
    const isLate = elapsedMs > pauseMs
    if (graceMs > 0) graceMs -= ranMs
    else if (isLate && !wasLate) graceMs = Math.min(maxGraceMs, afterMs / 2)
    if (graceMs > 0) return
    wasLate = isLate
    if (silentMs >= afterMs === isMissing) return
    isMissing = !isMissing
    if (isMissing) outages += 1
    const key = `watchdog:${startedAt.toString(36)}.${outages}`
    void core.report(isMissing ? watchdogMissing(key, Math.round(silentMs / 1000)) : watchdogReturned(key))
  }

  const timer = setInterval(look, everyMs)
  return { ageSeconds: () => (now() - (core.watchdogAt ?? startedAt)) / 1000, stop: () => clearInterval(timer) }
}

/** Options for {@link sendHeartbeat}. */
export interface HeartbeatOptions {
  readonly core: { readonly lastDeliveryWorked: boolean }
  readonly url: Secret
  readonly write: (line: string) => void
  /** @default 60 s */
  readonly everyMs?: number
}

/**
 * Sends a sign of life to an external service, which raises an alert when it does not arrive. Sent only while the last delivery
 * succeeded. Returns a function that stops it.
 */
export function sendHeartbeat({ core, url, write, everyMs = 60_000 }: HeartbeatOptions): () => void {
  let hasFailed = false

  async function beat(): Promise<void> {
    if (!core.lastDeliveryWorked) return
    const failure = await fetch(url.reveal(), { redirect: 'error', signal: patientTimeout(10_000) }).then(
      async (response) => {
        await response.body?.cancel()
        return response.ok ? undefined : `HTTP ${response.status}`
      },
      (error: unknown) => (error instanceof Error ? error.name : 'error'),
    )
    if (failure !== undefined && !hasFailed) write(`[BRIDGE] the heartbeat could not be sent (${failure})`)
    hasFailed = failure !== undefined
  }

  void beat()
  const timer = setInterval(() => void beat(), everyMs)
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
