import { setTimeout as pause } from 'node:timers/promises'

import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'

import type { Channel, DeliveryResult } from '../channels/channel.ts'
import { patientTimeout } from '../clock.ts'
import { undeliverableLine } from '../message/console-lines.ts'
import { type ClaimedDelivery, StoreError } from '../outbox/store.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { decideOutcome, type AttemptOutcome } from './outcome.ts'

/** How late a channel may notice that its time has ended. */
const maxLatenessMs = 2_000

/** Passes a delivery to its channel and returns how it ended, after `deadlineMs` at the latest; without an answer it may have arrived. */
export async function sendDelivery(
  channel: Channel,
  { id, recipient, notice, thread, mayHaveArrived, traceparent }: ClaimedDelivery,
  { deadlineMs, stop }: { readonly deadlineMs: number; readonly stop: AbortSignal },
): Promise<DeliveryResult> {
  const signal = AbortSignal.any([stop, patientTimeout(deadlineMs)])
  const delivery = { id, recipient, notice, mayHaveArrived, ...(thread !== undefined && { thread }) }
  const silence = Promise.withResolvers<DeliveryResult>()
  const noAnswer: DeliveryResult = { kind: 'retry', reason: 'no answer in time', unknown: true }
  let late: NodeJS.Timeout | undefined
  const onAbort = (): void => void (late = setTimeout(() => silence.resolve(noAnswer), Math.min(maxLatenessMs, deadlineMs)))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([context.with(parentOf(traceparent), () => channel.deliver(delivery, signal)), silence.promise])
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    return { kind: 'retry', reason: `the channel itself failed (${name})`, unknown: true }
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(late)
  }
}

/** The trace of Alertmanager's request. */
function parentOf(traceparent: string | undefined): typeof ROOT_CONTEXT {
  // version, trace id, span id, flags
  const parts = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(traceparent ?? '')
  const [, traceId, spanId, flags] = parts ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

/** Stores the outcome of an attempt and counts it. */
export async function settleDelivery(
  delivery: ClaimedDelivery,
  result: DeliveryResult,
  { store, metrics, times, now, pauses, random, write, onDead }: DeliveryContext,
  stop: AbortSignal,
): Promise<AttemptOutcome> {
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

/**
 * Writes until it succeeds, because a sent message that is not marked would be sent again. Gives up only when the store is closed or
 * `stop` aborts.
 */
async function persist(write: () => Promise<void>, stop: AbortSignal, everyMs = 500): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason === 'closed' || stop.aborted) return
      await pause(everyMs, undefined, { signal: stop }).catch(() => {})
    }
  }
}
