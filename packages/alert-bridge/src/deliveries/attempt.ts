import { setTimeout as pause } from 'node:timers/promises'

import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'

import type { Channel, DeliveryResult } from '../channels/channel.ts'
import { patientTimeout } from '../clock.ts'
import { undeliverableLine } from '../message/console-lines.ts'
import { type ClaimedDelivery, StoreError } from '../outbox/store.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { decideOutcome, type AttemptOutcome } from './outcome.ts'
import type { OutgoingDelivery } from './sort-deliveries.ts'

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

/** Stores the outcome of an attempt for all deliveries of its message, and counts each. Returns that of the first one. */
export async function settleDelivery(
  delivery: OutgoingDelivery,
  result: DeliveryResult,
  context: DeliveryContext,
  stop: AbortSignal,
): Promise<AttemptOutcome> {
  const { others = [] } = delivery
  // the incidents of a message for several have no thread of their own, and are due again together
  const own = others.length > 0 && result.kind === 'delivered' ? { kind: result.kind } : result
  const [at, random] = [context.now(), context.random()]
  const moment = { now: at, awakeForMs: context.pauses.awakeForMs() }
  const decided = [delivery, ...others].map((one) => ({
    one,
    outcome: decideOutcome(one, own, moment, context.times, () => random),
  }))
  // deliveries with equal outcomes, which most messages have, are one transaction
  const groups = [...Map.groupBy(decided, ({ outcome }) => JSON.stringify(outcome)).values()]
  const settled = groups.map((group) => {
    const deliveries = group.map(({ one }) => one)
    return settle(deliveries, group[0]!.outcome, { result, at, context, stop })
  })
  await Promise.all(settled)
  return decided[0]!.outcome
}

interface Attempt {
  readonly result: DeliveryResult
  readonly at: number
  readonly context: DeliveryContext
  readonly stop: AbortSignal
}

/** Stores the outcome of deliveries of one message in one transaction. */
async function settle(
  deliveries: readonly ClaimedDelivery[],
  outcome: AttemptOutcome,
  { result, at, context: { store, metrics, write, onDead }, stop }: Attempt,
): Promise<void> {
  const ids = deliveries.map(({ id }) => id)
  const { channel } = deliveries[0]!
  if (outcome.kind === 'delivered') {
    await persist(() => store.succeed(ids, at, outcome.thread), stop)
    metrics.delivery(channel, 'delivered', ids.length)
    for (const { severity, createdAt } of deliveries) metrics.latency(channel, severity, Math.max(at - createdAt, 0) / 1000)
    return
  }
  if (outcome.mayHaveArrived) metrics.unknownOutcome(ids.length)
  if (outcome.kind === 'dead') {
    await persist(() => store.deadLetter(ids, at, outcome.reason, outcome.mayHaveArrived), stop)
    metrics.delivery(channel, result.kind === 'undeliverable' ? 'undeliverable' : 'gave_up', ids.length)
    for (const delivery of deliveries) {
      metrics.deadLetter()
      write(undeliverableLine(delivery, outcome.reason))
    }
    onDead()
    return
  }
  const { dueAt, reason, mayHaveArrived } = outcome
  await persist(() => store.reschedule(ids, { dueAt, reason, mayHaveArrived }), stop)
  metrics.delivery(channel, result.kind === 'channel-down' ? 'channel_down' : 'retry', ids.length)
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
      if ((error instanceof StoreError && error.reason === 'closed') || stop.aborted) return
      await pause(everyMs, undefined, { signal: stop }).catch(() => {})
    }
  }
}
