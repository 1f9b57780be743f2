import type { DeliveryResult } from '../channels/channel.ts'
import { healthOf } from './outcome.ts'

/** Keeps deliveries from a channel that does not work. */
export interface ChannelBreaker {
  /** Whether all may go, one may go to see whether it works again, or none before `probeAt`. */
  readonly state: 'closed' | 'probe' | 'open'
  readonly probeAt: number
  readonly isOpen: boolean
  readonly watch: (send: () => Promise<DeliveryResult>) => Promise<DeliveryResult>
}

export interface BreakerOptions {
  readonly now: () => number
  readonly probeAfterMs: number
  /** That many failures in a row open it; a channel that says it is broken opens it at once. @default 5 */
  readonly failures?: number
  readonly onOpen: (reason: string) => void
  readonly onClose: () => void
}

export function channelBreaker({ now, probeAfterMs, failures = 5, onOpen, onClose }: BreakerOptions): ChannelBreaker {
  let inRow = 0
  let openings = 0
  let probeAt = 0
  let isOpen = false
  let isProbing = false

  function judge(result: DeliveryResult, isProbe: boolean): void {
    // what went out before it opened says nothing new
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
