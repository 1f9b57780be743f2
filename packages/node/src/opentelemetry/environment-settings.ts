import { diag, type TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  type TracerProvider,
} from '@opentelemetry/sdk-trace'

import type { Environment } from './otlp-settings.ts'

type BatchSettings = Omit<ConstructorParameters<typeof BatchSpanProcessor>[0], 'exporter'>
type TracerSettings = Pick<NonNullable<ConstructorParameters<typeof TracerProvider>[0]>, 'sampler' | 'spanLimits'>

/** `OTEL_BSP_*`, as the specification says; a value that is no number above 0 counts as unset. */
export function batchSettings(env: Environment): BatchSettings {
  return numbersOf(env, {
    maxQueueSize: ['OTEL_BSP_MAX_QUEUE_SIZE'],
    maxExportBatchSize: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    scheduledDelayMillis: ['OTEL_BSP_SCHEDULE_DELAY'],
    exportTimeoutMillis: ['OTEL_BSP_EXPORT_TIMEOUT'],
  })
}

/** `OTEL_TRACES_SAMPLER` with its argument, and the limits of spans; a limit that is no number above 0 counts as unset. */
export function tracerSettings(env: Environment): TracerSettings {
  const sampler = samplerFrom(env)
  return {
    ...(sampler && { sampler }),
    spanLimits: numbersOf(env, {
      attributeCountLimit: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
      attributeValueLengthLimit: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
      eventCountLimit: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
      linkCountLimit: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
      attributePerEventCountLimit: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'],
      attributePerLinkCountLimit: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'],
    }),
  }
}

/** The first variable of each setting that holds a number above 0. */
function numbersOf<Name extends string>(
  env: Environment,
  variables: Readonly<Record<Name, readonly string[]>>,
): { [Key in Name]?: number } {
  const given = Object.entries<readonly string[]>(variables).flatMap(([setting, names]) => {
    const value = names.map((name) => Number(env[name] || Number.NaN)).find((each) => Number.isFinite(each) && each > 0)
    return value === undefined ? [] : [[setting, value] as const]
  })
  return Object.fromEntries(given) as { [Key in Name]?: number }
}

function samplerFrom(env: Environment): Sampler | undefined {
  const name = env['OTEL_TRACES_SAMPLER']?.trim()
  if (!name) return undefined
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratioFrom(env)),
  }
  const root = roots[name.replace(/^parentbased_(?=always|traceidratio)/, '')]
  if (root === undefined) {
    diag.warn(`OTEL_TRACES_SAMPLER must be one of ${samplerNames.join(', ')}; it is ignored and all traces are kept`)
    return undefined
  }
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root: root() }) : root()
}

const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
]

function ratioFrom(env: Environment): number {
  const text = env['OTEL_TRACES_SAMPLER_ARG']?.trim()
  const ratio = Number(text || Number.NaN)
  if (ratio >= 0 && ratio <= 1) return ratio
  diag.warn('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; 1 is used')
  return 1
}

/** The formats of `OTEL_PROPAGATORS`; undefined for `none`. @default tracecontext and baggage */
export function propagatorFrom(env: Environment): TextMapPropagator | undefined {
  const list = (env['OTEL_PROPAGATORS'] || 'tracecontext,baggage').split(',').map((name) => name.trim())
  const names = new Set(list.filter((name) => name !== ''))
  if (names.has('none')) return undefined
  const formats: Readonly<Record<string, () => TextMapPropagator>> = {
    tracecontext: () => new W3CTraceContextPropagator(),
    baggage: () => new W3CBaggagePropagator(),
    b3: () => new B3Propagator(),
    b3multi: () => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
  }
  const propagators = [...names].flatMap((name) => {
    const make = formats[name]
    if (make === undefined)
      diag.warn(`OTEL_PROPAGATORS must list ${Object.keys(formats).join(', ')} or none; the others are ignored`)
    return make === undefined ? [] : [make()]
  })
  return propagators.length === 0 ? undefined : new CompositePropagator({ propagators })
}
