import type { Secret } from '@swarmwatch/config'

import type { BridgeCore } from './bridge-core.ts'
import { patientTimeout } from './clock.ts'
import { watchdogMissing, watchdogReturned } from './message/meta-notices.ts'

/** Options for {@link watchWatchdog}. */
export interface WatchdogOptions {
  readonly core: Pick<BridgeCore, 'watchdogAt' | 'report'>
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
  readonly core: Pick<BridgeCore, 'lastDeliveryWorked'>
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
