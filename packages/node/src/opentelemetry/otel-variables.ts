import { mistypedVariables, shownValue } from '@swarmwatch/config'

import type { Environment } from './otlp-settings.ts'

/** OpenTelemetry's variables that this package acts on, as its specification says. */
export const supportedVariables: readonly string[] = [
  'OTEL_SDK_DISABLED',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_LOG_LEVEL',
  'OTEL_PROPAGATORS',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_TRACES_EXPORTER',
  'OTEL_METRICS_EXPORTER',
  ...['', 'TRACES_', 'METRICS_'].flatMap((signal) =>
    ['ENDPOINT', 'PROTOCOL', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map(
      (setting) => `OTEL_EXPORTER_OTLP_${signal}${setting}`,
    ),
  ),
  'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OTEL_METRIC_EXPORT_TIMEOUT',
  'OTEL_BSP_SCHEDULE_DELAY',
  'OTEL_BSP_EXPORT_TIMEOUT',
  'OTEL_BSP_MAX_QUEUE_SIZE',
  'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
  'OTEL_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_SPAN_EVENT_COUNT_LIMIT',
  'OTEL_SPAN_LINK_COUNT_LIMIT',
  'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
  'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
]

/** Other variables of the specification and of OpenTelemetry's own set-ups for Node, and what to do in their place. */
const withoutEffect: readonly (readonly [name: RegExp, cure: string])[] = [
  [/^OTEL_(EXPERIMENTAL_)?CONFIG_FILE$/, 'set the variables it stands for'],
  [/^OTEL_(LOGS_EXPORTER|EXPORTER_OTLP_LOGS_\w+|BLRP_\w+|LOGRECORD_\w+)$/, 'logs are not exported'],
  [/^OTEL_EXPORTER_PROMETHEUS_HOST$/, 'set METRICS_HOST'],
  [/^OTEL_EXPORTER_PROMETHEUS_PORT$/, 'set METRICS_PORT'],
  [/^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|SPAN_|METRIC_)?INSECURE$/, 'the endpoint decides: http:// or https://'],
  [/^OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION$/, 'histograms have the buckets of the documentation'],
  [/^OTEL_METRICS_EXEMPLAR_FILTER$/, 'the JavaScript SDK records no exemplars'],
  [/^OTEL_EXPORTER_(JAEGER|ZIPKIN)_\w+$/, 'traces go out by OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT'],
  [/^OTEL_NODE_RESOURCE_DETECTORS$/, 'set OTEL_RESOURCE_ATTRIBUTES'],
  [/^OTEL_NODE_(ENABLED|DISABLED)_INSTRUMENTATIONS$/, 'register instrumentations in code'],
]

const numeric = /_(INTERVAL|TIMEOUT|DELAY|SIZE|LIMIT)$/

/** A line for each variable of OpenTelemetry that is set and cannot mean what it says; `isExporting` says whether an endpoint is set. */
export function otelNotices(env: Environment, isExporting: boolean): string[] {
  const set = Object.keys(env).filter((name) => name.startsWith('OTEL_') && env[name]?.trim())
  const valueOf = (name: string): string => env[name]!.trim()
  const lines: string[] = []
  for (const name of set) {
    const cure = withoutEffect.find(([pattern]) => pattern.test(name))?.[1]
    if (cure !== undefined && valueOf(name).toLowerCase() !== 'none')
      lines.push(`${name} is not supported and has no effect: ${cure}`)
    // the timeouts of an endpoint are checked with it
    const isNumeric = supportedVariables.includes(name) && numeric.test(name) && !name.startsWith('OTEL_EXPORTER_')
    if (isNumeric && !(Number(valueOf(name)) > 0 && Number.isFinite(Number(valueOf(name)))))
      lines.push(`${name} must be a number above 0, got ${shownValue(valueOf(name))}; the default is used`)
  }
  if (set.includes('OTEL_SDK_DISABLED') && !/^(true|false)$/i.test(valueOf('OTEL_SDK_DISABLED')))
    lines.push(`OTEL_SDK_DISABLED must be true or false, got ${shownValue(valueOf('OTEL_SDK_DISABLED'))}; false is used`)
  if (set.includes('OTEL_LOG_LEVEL') && !/^(none|error|warn|info|debug|verbose|all)$/i.test(valueOf('OTEL_LOG_LEVEL')))
    lines.push(
      `OTEL_LOG_LEVEL must be none, error, warn, info, debug, verbose or all, got ${shownValue(valueOf('OTEL_LOG_LEVEL'))}; warn is used`,
    )
  if (set.includes('OTEL_METRIC_EXPORT_INTERVAL') && env['METRICS_EXPORT_INTERVAL'])
    lines.push('OTEL_METRIC_EXPORT_INTERVAL has no effect: METRICS_EXPORT_INTERVAL is set too and wins')
  const aimless = set.filter((name) => supportedVariables.includes(name) && isAboutExport(name, valueOf(name)))
  if (!isExporting && aimless.length > 0)
    lines.push(`${aimless.join(', ')}: nothing is exported by OTLP while OTEL_EXPORTER_OTLP_ENDPOINT is not set`)
  const known = new Set([...supportedVariables, ...set.filter((name) => withoutEffect.some(([pattern]) => pattern.test(name)))])
  const own = Object.fromEntries(set.map((name) => [name, env[name]]))
  return [...lines, ...mistypedVariables(own, known)]
}

function isAboutExport(name: string, value: string): boolean {
  if (name === 'OTEL_TRACES_EXPORTER' || name === 'OTEL_METRICS_EXPORTER')
    return value.split(',').some((word) => word.trim() === 'otlp')
  return name.startsWith('OTEL_EXPORTER_OTLP_') || name.startsWith('OTEL_METRIC_EXPORT_')
}
