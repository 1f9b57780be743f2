import { type Environment, mistypedVariables, openVariables } from '@swarmwatch/config'
import { readable, readVariables, type Setting, type Settings } from '@swarmwatch/config/settings'

/** The largest sizes and the times of batches of spans, as the OpenTelemetry SDK names them. */
export interface BatchVariables {
  readonly maxQueueSize: number | undefined
  readonly maxExportBatchSize: number | undefined
  readonly scheduledDelayMillis: number | undefined
  readonly exportTimeoutMillis: number | undefined
}

/** `OTEL_BSP_*`. */
export const batchVariables: Settings<BatchVariables> = {
  maxQueueSize: numeric('Spans that may wait for their export.', 'OTEL_BSP_MAX_QUEUE_SIZE'),
  maxExportBatchSize: numeric('Spans in one export.', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  scheduledDelayMillis: numeric('Milliseconds between two exports of spans.', 'OTEL_BSP_SCHEDULE_DELAY'),
  exportTimeoutMillis: numeric('Milliseconds for one export of spans.', 'OTEL_BSP_EXPORT_TIMEOUT'),
}

/** The limits of spans, as the OpenTelemetry SDK names them. */
export interface SpanLimitVariables {
  readonly attributeCountLimit: number | undefined
  readonly attributeValueLengthLimit: number | undefined
  readonly eventCountLimit: number | undefined
  readonly linkCountLimit: number | undefined
  readonly attributePerEventCountLimit: number | undefined
  readonly attributePerLinkCountLimit: number | undefined
}

/** `OTEL_SPAN_*_LIMIT`, and the general limits where a span has none of its own. */
export const spanLimitVariables: Settings<SpanLimitVariables> = {
  attributeCountLimit: numeric('Attributes of a span.', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
  attributeValueLengthLimit: numeric(
    'Characters of an attribute.',
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ),
  eventCountLimit: numeric('Events of a span.', 'OTEL_SPAN_EVENT_COUNT_LIMIT'),
  linkCountLimit: numeric('Links of a span.', 'OTEL_SPAN_LINK_COUNT_LIMIT'),
  attributePerEventCountLimit: numeric(
    'Attributes of an event.',
    'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
    'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
  ),
  attributePerLinkCountLimit: numeric(
    'Attributes of a link.',
    'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
    'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
  ),
}

/** Variables that concern the process as a whole. */
export interface ProcessVariables {
  readonly isDisabled: boolean
  readonly logLevel: string
  readonly metricExportIntervalMs: number | undefined
  readonly metricExportTimeoutMs: number | undefined
  /** Whether exceptions are log records, in place of events of spans (`logs`) or in addition to them (`logs/dup`). */
  readonly exceptionSignal: 'logs' | 'logs/dup' | undefined
}

/** Variables that concern the process as a whole. */
export const processVariables: Settings<ProcessVariables> = {
  metricExportIntervalMs: numeric('Milliseconds between two exports of metrics.', 'OTEL_METRIC_EXPORT_INTERVAL'),
  metricExportTimeoutMs: numeric('Milliseconds for one export of metrics.', 'OTEL_METRIC_EXPORT_TIMEOUT'),
  exceptionSignal: {
    about: 'Whether exceptions are log records.',
    variable: 'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN',
    value: readable('must be logs or logs/dup', (text) => (text === 'logs' || text === 'logs/dup' ? text : undefined)),
    isLenient: true,
    default: undefined,
  },
  isDisabled: {
    about: 'Whether nothing is measured.',
    variable: 'OTEL_SDK_DISABLED',
    value: readable('must be true or false', (text) => ({ true: true, false: false })[text.toLowerCase()]),
    isLenient: true,
    default: false,
  },
  logLevel: {
    about: "Level of OpenTelemetry's own lines.",
    variable: 'OTEL_LOG_LEVEL',
    value: readable('must be none, error, warn, info, debug, verbose or all', (text) =>
      /^(none|error|warn|info|debug|verbose|all)$/i.test(text) ? text : undefined,
    ),
    isLenient: true,
    default: 'warn',
  },
}

/**
 * Reads lenient settings; what is invalid is added to `notices`, and the default is used. Spaces
 * around a value are ignored.
 */
export function readOtelVariables<Group extends object>(
  settings: Settings<Group>,
  env: Environment,
  notices: string[] = [],
): Group {
  const variables = openVariables(env, () => '', [], { trims: true })
  return readVariables(settings, variables, [], notices).values
}

/** The values that are set: the SDK would take an undefined one for a value. */
export function onlySet<Group extends object>(group: Group): { [Key in keyof Group]?: Exclude<Group[Key], undefined> } {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined)) as never
}

/** A rule of OpenTelemetry's numbers. */
export function aboveZero(rule: string): Setting<number>['value'] {
  return readable(rule, (text) => (Number(text) > 0 && Number.isFinite(Number(text)) ? Number(text) : undefined))
}

function numeric(about: string, variable: string, generalVariable?: string): Setting<number | undefined> {
  const value = aboveZero('must be a number above 0')
  return {
    about,
    variable,
    ...(generalVariable !== undefined && { generalVariable }),
    value,
    isLenient: true,
    default: undefined,
  }
}

const lenientVariables = { ...batchVariables, ...spanLimitVariables, ...processVariables }

/** OpenTelemetry's variables that this package supports, as its specification defines them. */
export const supportedVariables: readonly string[] = [
  ...Object.values(lenientVariables).flatMap(({ variable, generalVariable }) => [variable ?? [], generalVariable ?? []].flat()),
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_PROPAGATORS',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_TRACES_EXPORTER',
  'OTEL_METRICS_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  ...['', 'TRACES_', 'METRICS_', 'LOGS_'].flatMap((signal) =>
    ['ENDPOINT', 'PROTOCOL', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map(
      (setting) => `OTEL_EXPORTER_OTLP_${signal}${setting}`,
    ),
  ),
  'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  // Read by @swarmwatch/sdk
  'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
  'OTEL_SEMCONV_STABILITY_OPT_IN',
]

const logVariables = /^OTEL_(LOGS_EXPORTER|EXPORTER_OTLP_LOGS_\w+)$/

/**
 * Other variables of the specification and of OpenTelemetry's own set-ups for Node, and what to do
 * instead.
 */
const withoutEffect: readonly (readonly [name: RegExp, cure: string])[] = [
  [/^OTEL_(EXPERIMENTAL_)?CONFIG_FILE$/, 'set the variables it stands for'],
  [logVariables, 'only exceptions can be exported as logs: set OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs'],
  [/^OTEL_(BLRP|LOGRECORD)_\w+$/, 'log records have the default batches and limits'],
  [/^OTEL_EXPORTER_PROMETHEUS_HOST$/, 'set METRICS_HOST'],
  [/^OTEL_EXPORTER_PROMETHEUS_PORT$/, 'set METRICS_PORT'],
  [/^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|SPAN_|METRIC_)?INSECURE$/, 'the endpoint decides: http:// or https://'],
  [/^OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION$/, 'histograms have the buckets of the documentation'],
  [/^OTEL_METRICS_EXEMPLAR_FILTER$/, 'the JavaScript SDK records no exemplars'],
  [/^OTEL_EXPORTER_(JAEGER|ZIPKIN)_\w+$/, 'traces go out by OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT'],
  [/^OTEL_NODE_RESOURCE_DETECTORS$/, 'set OTEL_RESOURCE_ATTRIBUTES'],
  [/^OTEL_NODE_(ENABLED|DISABLED)_INSTRUMENTATIONS$/, 'register instrumentations in code'],
]

/**
 * A line for each variable of OpenTelemetry that is set and cannot have the intended effect.
 * `isExporting`: an endpoint is set.
 */
export function otelNotices(env: Environment, isExporting: boolean): string[] {
  const set = Object.keys(env).filter((name) => name.startsWith('OTEL_') && env[name]?.trim())
  const valueOf = (name: string): string => env[name]!.trim()
  const lines: string[] = []
  const hasLogs = readOtelVariables(processVariables, env).exceptionSignal !== undefined
  for (const name of set) {
    if (hasLogs && logVariables.test(name)) continue
    const cure = withoutEffect.find(([pattern]) => pattern.test(name))?.[1]
    if (cure !== undefined && valueOf(name).toLowerCase() !== 'none')
      lines.push(`${name} is not supported and has no effect: ${cure}`)
  }
  readOtelVariables<object>(lenientVariables, env, lines)
  if (set.includes('OTEL_METRIC_EXPORT_INTERVAL') && env['METRICS_EXPORT_INTERVAL'])
    lines.push('OTEL_METRIC_EXPORT_INTERVAL has no effect: METRICS_EXPORT_INTERVAL is set too and overrides it')
  const aimless = set.filter((name) => supportedVariables.includes(name) && isAboutExport(name, valueOf(name)))
  if (!isExporting && aimless.length > 0)
    lines.push(`${aimless.join(', ')}: nothing is exported by OTLP while OTEL_EXPORTER_OTLP_ENDPOINT is not set`)
  const known = new Set([...supportedVariables, ...set.filter((name) => withoutEffect.some(([pattern]) => pattern.test(name)))])
  const own = Object.fromEntries(set.map((name) => [name, env[name]]))
  return [...lines, ...mistypedVariables(own, known)]
}

function isAboutExport(name: string, value: string): boolean {
  if (/^OTEL_(TRACES|METRICS|LOGS)_EXPORTER$/.test(name)) return value.split(',').some((word) => word.trim() === 'otlp')
  if (name === 'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN') return true
  return name.startsWith('OTEL_EXPORTER_OTLP_') || name.startsWith('OTEL_METRIC_EXPORT_')
}
