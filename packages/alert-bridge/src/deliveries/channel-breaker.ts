import type { DeliveryResult } from '../channels/channel.ts'
import type { OpenBreaker } from '../outbox/store.ts'
import { healthOf } from './outcome.ts'

/** Stops deliveries to a channel that does not work. All bridges of a store share its state. */
export interface ChannelBreaker {
  /** `closed`: all are sent; `probe`: one is sent to see whether the channel works again; `open`: none before `probeAt`. */
  readonly state: 'closed' | 'probe' | 'open'
  readonly probeAt: number
  readonly isOpen: boolean
  /** Reads the state again, which another bridge may have changed. */
  readonly refresh: () => Promise<void>
  /** Whether this bridge may send the probe; if so, no other one does meanwhile. */
  readonly takeProbe: () => Promise<boolean>
  /** Leaves the probe to any bridge, because there was nothing to send. */
  readonly leaveProbe: () => Promise<void>
  readonly watch: (send: () => Promise<DeliveryResult>) => Promise<DeliveryResult>
}

/** Memory of a breaker. */
export interface BreakerMemory {
  readonly read: () => Promise<OpenBreaker | undefined>
  readonly change: (next: (known: OpenBreaker | undefined) => OpenBreaker | undefined) => Promise<OpenBreaker | undefined>
}

/** Options for {@link channelBreaker}. */
export interface BreakerOptions {
  readonly now: () => number
  readonly probeAfterMs: number
  /** Failures in a row, in this process, that open it; the result `channel-down` opens it at once. @default 5 */
  readonly failures?: number
  /** Memory that other bridges use, too. @default that of this process */
  readonly shared?: BreakerMemory | undefined
  /** Maximum time of a probe; after that, another bridge may send one. @default 30 s */
  readonly probeMs?: number
  /** Called in the bridge that opened it. */
  readonly onOpen: (reason: string) => void
  /** Called in the bridge that closed it. */
  readonly onClose: () => void
}

/** An open breaker is read at most this often. */
const refreshOpenMs = 100

/** Creates a breaker, which is closed until the shared memory is read. */
export function channelBreaker(options: BreakerOptions): ChannelBreaker {
  const { now, probeAfterMs, failures = 5, shared, probeMs = 30_000, onOpen, onClose } = options
  let inRow = 0
  let known: OpenBreaker | undefined
  let isProbing = false
  let readAt = Number.NEGATIVE_INFINITY

  /** Without the store, the change lives as long as this process, or until the store can be read again. */
  async function change(next: (before: OpenBreaker | undefined) => OpenBreaker | undefined): Promise<void> {
    if (shared === undefined) known = next(known)
    else known = await shared.change(next).catch(() => next(known))
  }

  async function judge(result: DeliveryResult, isProbe: boolean): Promise<void> {
    // the result of an attempt that began before it opened brings no news
    if (known !== undefined && !isProbe) return
    const health = healthOf(result)
    const isWorking = health === 'works' || health === 'neither'
    inRow = isWorking ? 0 : inRow + 1
    if (!isProbe && (isWorking || (health === 'failed' && inRow < failures))) return
    const at = now()
    let wasOpen = false
    await change((before) => {
      wasOpen = before !== undefined
      if (isWorking) return undefined
      if (before !== undefined && !isProbe) return before
      const { openings = 0 } = before ?? {}
      return { probeAt: at + probeAfterMs * Math.min(2 ** openings, 8), openings: openings + 1 }
    })
    if (isWorking && wasOpen) onClose()
    if (!isWorking && !wasOpen && 'reason' in result) onOpen(result.reason)
  }

  async function watch(send: () => Promise<DeliveryResult>): Promise<DeliveryResult> {
    const isProbe = known !== undefined && !isProbing
    if (isProbe) isProbing = true
    try {
      const result = await send()
      await judge(result, isProbe)
      return result
    } finally {
      if (isProbe) isProbing = false
    }
  }

  async function takeProbe(): Promise<boolean> {
    if (shared === undefined) return true
    const at = now()
    let isTaken = false
    await change((before) => {
      isTaken = before !== undefined && before.probeAt <= at
      return before && isTaken ? { ...before, probeAt: at + probeMs } : before
    })
    return isTaken
  }

  return {
    get state() {
      if (known === undefined) return 'closed'
      return isProbing || now() < known.probeAt ? 'open' : 'probe'
    },
    get probeAt() {
      return known?.probeAt ?? 0
    },
    get isOpen() {
      return known !== undefined
    },
    refresh: async () => {
      const at = performance.now()
      // while it is open, every alert that arrives would cause a query
      if (shared === undefined || (known !== undefined && at - readAt < refreshOpenMs)) return
      known = await shared.read()
      readAt = at
    },
    takeProbe,
    leaveProbe: async () => {
      if (shared !== undefined) await change((before) => before && { ...before, probeAt: now() })
    },
    watch,
  }
}
