import { channel } from 'node:diagnostics_channel'

import { metrics } from '@opentelemetry/api'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'

import { outgoingRequests } from './outgoing-requests.ts'
import { observeProcess } from './process-metrics.ts'
import type { RegisteredGlobals } from './registered-globals.ts'
import { keepTraceContextSingle } from './single-trace-context.ts'

/**
 * Runtime and process metrics, and trace context on outgoing requests, through the providers that are registered now; what another set-up
 * does already is left to it.
 */
export function instrumentations(taken: RegisteredGlobals, capturesUrlPaths: boolean): readonly { disable(): void }[] {
  // twice the header would make it unreadable for the receiver
  const isPropagated = taken.tracerProvider && channel('undici:request:create').hasSubscribers
  return [
    ...(taken.meterProvider ? [] : [observeRuntime(), observeProcess()]),
    ...(isPropagated ? [] : [outgoingRequests(capturesUrlPaths)]),
    // after every other: it reduces what they add, also those of another set-up
    { disable: keepTraceContextSingle() },
  ]
}

function observeRuntime(): RuntimeNodeInstrumentation {
  const runtime = new RuntimeNodeInstrumentation()
  // its constructor makes no instruments
  runtime.setMeterProvider(metrics.getMeterProvider())
  return runtime
}
