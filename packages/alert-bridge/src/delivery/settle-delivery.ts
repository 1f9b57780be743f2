import type { DeliveryResult } from '../channels/channel.ts'
import type { ClaimedDelivery } from '../store/stored-delivery.ts'
import { undeliverableLine } from './console-lines.ts'
import { decideOutcome, type Outcome } from './decide-outcome.ts'
import type { LaneWorld } from './lane-world.ts'
import { persist } from './persist.ts'

/** Writes down how a try went and counts it. */
export async function settleDelivery(
  delivery: ClaimedDelivery,
  result: DeliveryResult,
  { store, metrics, times, now, pauses, random, write, onDead }: LaneWorld,
  stop: AbortSignal,
): Promise<Outcome> {
  const { id, channel, severity } = delivery
  const at = now()
  const outcome = decideOutcome(delivery, result, { now: at, awakeForMs: pauses.awakeForMs() }, times, random)
  if (outcome.kind === 'delivered') {
    await persist(() => store.succeed(id, at, outcome.thread), stop)
    metrics.delivery(channel, 'delivered')
    metrics.latency(channel, severity, Math.max(at - delivery.createdAt, 0) / 1000)
    return outcome
  }
  if (outcome.mayHaveArrived) metrics.unknownOutcome()
  if (outcome.kind === 'dead') {
    await persist(() => store.deadLetter(id, at, outcome.reason, outcome.mayHaveArrived), stop)
    metrics.delivery(channel, result.kind === 'undeliverable' ? 'undeliverable' : 'gave_up')
    metrics.deadLetter()
    write(undeliverableLine(delivery, outcome.reason))
    onDead()
    return outcome
  }
  const { dueAt, reason, mayHaveArrived } = outcome
  await persist(() => store.reschedule(id, { dueAt, reason, mayHaveArrived }), stop)
  metrics.delivery(channel, result.kind === 'channel-down' ? 'channel_down' : 'retry')
  return outcome
}
