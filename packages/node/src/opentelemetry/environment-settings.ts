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
import type { Environment } from '@swarmwatch/config'

import { batchVariables, onlySet, readOtelVariables, spanLimitVariables } from './otel-variables.ts'

type BatchSettings = Omit<ConstructorParameters<typeof BatchSpanProcessor>[0], 'exporter'>
type TracerSettings = Pick<NonNullable<ConstructorParameters<typeof TracerProvider>[0]>, 'sampler' | 'spanLimits'>

/**
 * `OTEL_BSP_*`, as the specification defines them; a value that is not a number above 0 counts as
 * unset.
 */
export function batchSettings(env: Environment): BatchSettings {
  return onlySet(readOtelVariables(batchVariables, env))
}

/**
 * `OTEL_TRACES_SAMPLER` with its argument, and the limits of spans; a limit that is not a number
 * above 0 counts as unset.
 */
export function tracerSettings(env: Environment): TracerSettings {
  const sampler = samplerFrom(env)
  return { ...(sampler && { sampler }), spanLimits: onlySet(readOtelVariables(spanLimitVariables, env)) }
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
