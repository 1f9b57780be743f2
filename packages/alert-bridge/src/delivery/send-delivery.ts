import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'

import type { Channel, DeliveryResult } from '../channels/channel.ts'
import { patientTimeout } from '../patience.ts'
import type { ClaimedDelivery } from '../store/stored-delivery.ts'

/** How long a channel may take to notice that its time is up. */
const longestLateMs = 2_000

/** Gives a notice to a channel and waits for how it went, never longer than `deadlineMs`; what does not come back may have arrived. */
export async function sendDelivery(
  channel: Channel,
  { id, recipient, notice, thread, mayHaveArrived, traceparent }: ClaimedDelivery,
  { deadlineMs, stop }: { readonly deadlineMs: number; readonly stop: AbortSignal },
): Promise<DeliveryResult> {
  const signal = AbortSignal.any([stop, patientTimeout(deadlineMs)])
  const given = { id, recipient, notice, mayHaveArrived, ...(thread !== undefined && { thread }) }
  const silence = Promise.withResolvers<DeliveryResult>()
  const noAnswer: DeliveryResult = { kind: 'retry', reason: 'no answer in time', unknown: true }
  let late: NodeJS.Timeout | undefined
  const onAbort = (): void => void (late = setTimeout(() => silence.resolve(noAnswer), Math.min(longestLateMs, deadlineMs)))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([context.with(parentOf(traceparent), () => channel.deliver(given, signal)), silence.promise])
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    return { kind: 'retry', reason: `the channel failed in itself (${name})`, unknown: true }
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(late)
  }
}

/** The trace that Alertmanager's request belongs to. */
function parentOf(traceparent: string | undefined): typeof ROOT_CONTEXT {
  // version, trace id, span id, flags
  const parts = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(traceparent ?? '')
  const [, traceId, spanId, flags] = parts ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
