import { channel } from 'node:diagnostics_channel'

import { HostMetricsInstrumentation } from '@opentelemetry/instrumentation-host-metrics'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import type { NodeSDK } from '@opentelemetry/sdk-node'

import { outgoingRequests } from './outgoing-requests.ts'
import type { RegisteredGlobals } from './registered-globals.ts'

type Instrumentations = NonNullable<NonNullable<ConstructorParameters<typeof NodeSDK>[0]>['instrumentations']>[number][]

/** Runtime and process metrics, and trace context on outgoing requests; what another set-up does already is left to it. */
export function instrumentations(taken: RegisteredGlobals, capturesUrlPaths: boolean): Instrumentations {
  // twice the header would make it unreadable for the receiver
  const isPropagated = taken.tracerProvider && channel('undici:request:create').hasSubscribers
  return [
    ...(taken.meterProvider
      ? []
      : [new RuntimeNodeInstrumentation(), new HostMetricsInstrumentation({ metricGroups: ['process.cpu', 'process.memory'] })]),
    ...(isPropagated ? [] : [outgoingRequests(capturesUrlPaths)]),
  ]
}
