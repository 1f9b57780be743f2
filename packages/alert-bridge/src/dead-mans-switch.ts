import type { Secret } from '@swarmwatch/config'

import type { BridgeCore } from './bridge-core.ts'
import { patientTimeout } from './clock.ts'
import { watchdogMissing, watchdogReturned } from './message/meta-notices.ts'

export interface WatchdogOptions {
  readonly core: Pick<BridgeCore, 'watchdogAt' | 'report'>
  readonly now: () => number
  /** Silence that is reported: without a Watchdog for so long while this process ran. */
  readonly afterMs: number
  /** How often to look. @default a tenth of that, at most 5 s */
  readonly everyMs?: number
}

export interface Watchdog {
  /** Since the last one, or since the start. */
  readonly ageSeconds: () => number
  readonly stop: () => void
}

/** At least so much time is left after a pause, for what waits in the sockets and for an Alertmanager that was paused too. */
const longestGraceMs = 10_000

/**
 * Reports when the alert that always fires does not come any more: then nothing else would come either. A pause of this process is no
 * silence of others: it does not count, and what came in meanwhile is read first.
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
    // a process that is late again and again has one grace, so that it reports in the end
    const isLate = elapsedMs > pauseMs
    if (graceMs > 0) graceMs -= ranMs
    else if (isLate && !wasLate) graceMs = Math.min(longestGraceMs, afterMs / 2)
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

export interface HeartbeatOptions {
  readonly core: Pick<BridgeCore, 'lastDeliveryWorked'>
  readonly url: Secret
  readonly write: (line: string) => void
  /** @default 60 s */
  readonly everyMs?: number
}

/**
 * Tells a service outside that people can be told, for it to raise the alarm when the sign does not come. It is sent only while the last
 * real delivery worked. Returns what stops it.
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
