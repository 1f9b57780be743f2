import { createHash } from 'node:crypto'

import { patientTimeout } from '../clock.ts'
import type { Channel, Delivery, DeliveryResult } from './channel.ts'
import type { HideSecrets } from './hide-secrets.ts'

/**
 * Wraps `send` so that it keeps the promises of a channel: it serves only its own recipients, an exception becomes a `retry`, and no
 * reason contains a secret.
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
    if (signal.aborted) return { kind: 'retry', reason: 'canceled before it was sent' }
    try {
      const result = await send(delivery, signal)
      return result.kind === 'delivered' ? result : { ...result, reason: hide(result.reason) }
    } catch (error) {
      // it is unknown how far the attempt came
      return { kind: 'retry', reason: hide(`unexpected ${String(error)}`), unknown: true }
    }
  }
}

/** Ends the requests of a channel when the channel is closed. */
export interface StopSignal {
  /** Aborts when `signal` aborts, when the channel is closed, and after `timeoutMs`. */
  during(signal: AbortSignal, timeoutMs: number): AbortSignal
  stop(): void
}

/** Creates the signal of one channel. */
export function stopSignal(): StopSignal {
  const closing = new AbortController()
  return {
    during: (signal, timeoutMs) => AbortSignal.any([signal, closing.signal, patientTimeout(timeoutMs)]),
    stop: () => closing.abort(new Error('the channel was closed')),
  }
}

/** An id that may be used in a header: the delivery's id if that is plain, otherwise its hash. Equal for equal ids. */
export function wireId(deliveryId: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(deliveryId)
    ? deliveryId
    : createHash('sha256').update(deliveryId).digest('hex').slice(0, 40)
}
