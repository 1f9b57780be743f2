import type { BridgeCore } from '../bridge-core.ts'

export interface WatchdogOptions {
  readonly core: BridgeCore
  readonly now: () => number
  /** Without a Watchdog for so long it is said. */
  readonly afterMs: number
  /** How often to look. @default a tenth of that, at most 5 s */
  readonly everyMs?: number
}

export interface Watchdog {
  /** Since the last one, or since the start. */
  readonly ageSeconds: () => number
  readonly stop: () => void
}

/** Says it when the alert that always fires does not come any more: then nobody would hear of anything else either. */
export function watchWatchdog({ core, now, afterMs, everyMs = Math.min(afterMs / 10, 5_000) }: WatchdogOptions): Watchdog {
  const startedAt = now()
  let isMissing = false
  let outages = 0

  function ageMs(): number {
    return now() - (core.watchdogAt ?? startedAt)
  }

  function look(): void {
    const age = ageMs()
    if (age >= afterMs === isMissing) return
    isMissing = !isMissing
    if (isMissing) outages += 1
    const key = `watchdog:${startedAt.toString(36)}.${outages}`
    void core.sayMeta(
      isMissing
        ? {
            key,
            severity: 'critical',
            title: 'No Watchdog: alerts do not reach the bridge',
            text: `The alert that always fires has not come for ${Math.round(age / 1000)} s. Prometheus, its rules or Alertmanager are down, or the route to the bridge is gone; nobody hears of anything until it is mended.`,
          }
        : {
            key,
            severity: 'critical',
            title: 'The Watchdog is back',
            text: 'Alerts reach the bridge again.',
            isOver: true,
          },
    )
  }

  const timer = setInterval(look, everyMs)
  return { ageSeconds: () => ageMs() / 1000, stop: () => clearInterval(timer) }
}
