import type { DeliveryResult } from '../channels/channel.ts'
import { healthOf } from './outcome.ts'

/** Stops deliveries to a channel that does not work. */
export interface ChannelBreaker {
  /** `closed`: all are sent; `probe`: one is sent to see whether the channel works again; `open`: none before `probeAt`. */
  readonly state: 'closed' | 'probe' | 'open'
  readonly probeAt: number
  readonly isOpen: boolean
  readonly watch: (send: () => Promise<DeliveryResult>) => Promise<DeliveryResult>
}

/** Options for {@link channelBreaker}. */
export interface BreakerOptions {
  readonly now: () => number
  readonly probeAfterMs: number
  /** Failures in a row that open it; the result `channel-down` opens it at once. @default 5 */
  readonly failures?: number
  readonly onOpen: (reason: string) => void
  readonly onClose: () => void
}

/** Creates a closed breaker. */
export function channelBreaker({ now, probeAfterMs, failures = 5, onOpen, onClose }: BreakerOptions): ChannelBreaker {
  let inRow = 0
  let openings = 0
  let probeAt = 0
  let isOpen = false
  let isProbing = false

  function judge(result: DeliveryResult, isProbe: boolean): void {
    // the result of an attempt that began before it opened brings no news
    if (isOpen && !isProbe) return
    const health = healthOf(result)
    if (health === 'works' || health === 'neither') {
      inRow = 0
      openings = 0
      isOpen = false
      if (isProbe) onClose()
      return
    }
    inRow += 1
    if (!isProbe && health === 'failed' && inRow < failures) return
    probeAt = now() + probeAfterMs * Math.min(2 ** openings, 8)
    openings += 1
    if (!isProbe && 'reason' in result) onOpen(result.reason)
    isOpen = true
  }

  async function watch(send: () => Promise<DeliveryResult>): Promise<DeliveryResult> {
    const isProbe = isOpen && !isProbing
    if (isProbe) isProbing = true
    try {
      const result = await send()
      judge(result, isProbe)
      return result
    } finally {
      if (isProbe) isProbing = false
    }
  }

  return {
    get state() {
      if (!isOpen) return 'closed'
      return isProbing || now() < probeAt ? 'open' : 'probe'
    },
    get probeAt() {
      return probeAt
    },
    get isOpen() {
      return isOpen
    },
    watch,
  }
}
