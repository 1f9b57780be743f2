import type { Delivery, DeliveryResult } from './channel.ts'

/** Result of a change to an earlier message. `gone`: it was deleted, or can no longer be changed. */
export type ThreadResult = DeliveryResult | 'gone'

/** Operations of a service whose messages can be changed later. `Thread` is what a later notice needs to find the first message. */
export interface IncidentThread<Thread> {
  /** Reads a stored thread; undefined for anything else and for a thread of other settings. */
  readonly threadOf: (stored: unknown) => Thread | undefined
  /** Posts the first message of an incident. */
  readonly begin: (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult>
  /** Changes the first message to the current state. */
  readonly update: (thread: Thread, delivery: Delivery, signal: AbortSignal) => Promise<ThreadResult>
  /** Posts a message about the change, because services notify no one of an update. */
  readonly reply: (thread: Thread, delivery: Delivery, signal: AbortSignal) => Promise<ThreadResult>
}

/**
 * Sends so that an incident has one message that always shows its current state, and a reply for news that recipients should notice
 * (still firing, resolved). If the first message is gone, the incident gets a new one.
 */
export function threadedDelivery<Thread>({
  threadOf,
  begin,
  update,
  reply,
}: IncidentThread<Thread>): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryResult> {
  return async (delivery, signal) => {
    const thread = threadOf(delivery.thread)
    if (thread === undefined) return begin(delivery, signal)
    const updated = await update(thread, delivery, signal)
    if (updated === 'gone') return begin(delivery, signal)
    if (updated.kind !== 'delivered') return updated
    // only the numbers of a digest change
    if (delivery.notice.kind === 'digest') return { kind: 'delivered', thread }
    const replied = await reply(thread, delivery, signal)
    if (replied === 'gone') return begin(delivery, signal)
    return replied.kind === 'delivered' ? { kind: 'delivered', thread } : replied
  }
}
