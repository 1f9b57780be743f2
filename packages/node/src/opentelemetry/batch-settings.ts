import type { BatchSpanProcessor } from '@opentelemetry/sdk-trace'

import type { Environment } from './otlp-settings.ts'

type BatchSettings = Omit<ConstructorParameters<typeof BatchSpanProcessor>[0], 'exporter'>

/** `OTEL_BSP_*`, as the specification says; a value that is no number above 0 counts as unset. */
export function batchSettings(env: Environment): BatchSettings {
  const variables = {
    maxQueueSize: 'OTEL_BSP_MAX_QUEUE_SIZE',
    maxExportBatchSize: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    scheduledDelayMillis: 'OTEL_BSP_SCHEDULE_DELAY',
    exportTimeoutMillis: 'OTEL_BSP_EXPORT_TIMEOUT',
  } as const
  const given = Object.entries(variables)
    .map(([setting, name]) => [setting, Number(env[name] || Number.NaN)] as const)
    .filter(([, value]) => Number.isFinite(value) && value > 0)
  return Object.fromEntries(given)
}
