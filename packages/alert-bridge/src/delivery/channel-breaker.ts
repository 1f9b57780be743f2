import { circuitBreaker, CircuitState, ConstantBackoff, handleWhenResult } from 'cockatiel'

import type { DeliveryResult } from '../channels/channel.ts'
import { healthOf } from './decide-outcome.ts'

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
  let lastIsBroken = false
  let openings = 0
  let probeAt = 0
  let isProbing = false
  const policy = circuitBreaker(
    handleWhenResult((result) => ['failed', 'broken'].includes(healthOf(result as DeliveryResult))),
    {
      breaker: {
        state: undefined,
        success: () => (inRow = 0),
        failure: () => ++inRow >= failures || lastIsBroken,
      },
      // cockatiel asks Date.now(), so a clock that is set back would keep it open for as long; the wait is ours
      halfOpenAfter: new ConstantBackoff(Number.NEGATIVE_INFINITY),
    },
  )
  let isOpen = false
  policy.onReset(() => {
    isOpen = false
    openings = 0
    inRow = 0
    onClose()
  })

  async function watch(send: () => Promise<DeliveryResult>): Promise<DeliveryResult> {
    if (isOpen) isProbing = true
    try {
      const result = await policy.execute(async () => {
        const given = await send()
        lastIsBroken = healthOf(given) === 'broken'
        return given
      })
      if (policy.state === CircuitState.Open) {
        const waitMs = probeAfterMs * Math.min(2 ** openings, 8)
        openings += 1
        probeAt = now() + waitMs
        if (!isOpen && 'reason' in result) onOpen(result.reason)
        isOpen = true
      }
      return result
    } finally {
      isProbing = false
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
