import { createHash } from 'node:crypto'

import { patientTimeout } from '../clock.ts'
import type { Channel, Delivery, DeliveryResult } from './channel.ts'
import type { HideSecrets } from './hide-secrets.ts'

/**
 * Makes of `send` what a channel promises: only its own recipients are served, whatever is thrown becomes a `retry`, and every
 * reason is free of secrets.
 */
export function guardedDelivery(
  recipients: readonly string[],
  hide: HideSecrets,
  send: (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult>,
): Channel['deliver'] {
  return async (delivery, signal) => {
    if (!recipients.includes(delivery.recipient)) {
      return { kind: 'undeliverable', reason: 'the recipient is not in the settings of this channel' }
    }
    if (signal.aborted) return { kind: 'retry', reason: 'given up before it was sent' }
    try {
      const result = await send(delivery, signal)
      return result.kind === 'delivered' ? result : { ...result, reason: hide(result.reason) }
    } catch (error) {
      // nothing is known about how far it came
      return { kind: 'retry', reason: hide(`unexpected ${String(error)}`), unknown: true }
    }
  }
}

/** Ends what a channel has under way, when it is closed. */
export interface StopSignal {
  /** Aborts when the delivery is given up, the channel is closed, or after `timeoutMs`. */
  during(signal: AbortSignal, timeoutMs: number): AbortSignal
  stop(): void
}

/** One for each channel. */
export function stopSignal(): StopSignal {
  const closing = new AbortController()
  return {
    during: (signal, timeoutMs) => AbortSignal.any([signal, closing.signal, patientTimeout(timeoutMs)]),
    stop: () => closing.abort(new Error('the channel was closed')),
  }
}

/** A delivery's id as it may stand in a header: itself where it is plain, else its hash; the same for the same id. */
export function wireId(deliveryId: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(deliveryId)
    ? deliveryId
    : createHash('sha256').update(deliveryId).digest('hex').slice(0, 40)
}
