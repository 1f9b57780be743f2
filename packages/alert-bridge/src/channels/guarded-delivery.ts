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
