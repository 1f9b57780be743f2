import { defaultTextMapSetter, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'

import { batchSettings, propagatorFrom, tracerSettings } from '../src/opentelemetry/environment-settings.ts'

const parent = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
})

test.each([
  [{}, ['traceparent']],
  [{ OTEL_PROPAGATORS: '' }, ['traceparent']],
  [{ OTEL_PROPAGATORS: 'b3' }, ['b3']],
  [{ OTEL_PROPAGATORS: 'b3multi, tracecontext' }, ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'traceparent']],
  [{ OTEL_PROPAGATORS: 'jaeger,tracecontext' }, ['traceparent']],
])('with %j the trace goes out as %j', (env, headers) => {
  const carrier = {}
  propagatorFrom(env)?.inject(parent, carrier, defaultTextMapSetter)
  expect(Object.keys(carrier)).toEqual(headers)
})

test.each(['none', 'tracecontext,none', 'jaeger'])('OTEL_PROPAGATORS=%s registers no propagator', (OTEL_PROPAGATORS) => {
  expect(propagatorFrom({ OTEL_PROPAGATORS })).toBeUndefined()
})

describe('OTEL_TRACES_SAMPLER', () => {
  const keeps = (env: Record<string, string>, context = ROOT_CONTEXT): boolean | undefined => {
    const { sampler } = tracerSettings(env)
    const result = sampler?.shouldSample(context, '0af7651916cd43dd8448eb211c80319c', 'run', 0, {}, [])
    return result && result.decision === SamplingDecision.RECORD_AND_SAMPLED
  }

  test.each([
    ['always_on', true, true],
    ['always_off', false, false],
    ['parentbased_always_on', true, true],
    ['parentbased_always_off', false, true],
    ['traceidratio', true, true],
    ['parentbased_traceidratio', true, true],
  ])('%s decides root spans (%s) and spans of a sampled parent (%s)', (OTEL_TRACES_SAMPLER, root, child) => {
    expect([keeps({ OTEL_TRACES_SAMPLER }), keeps({ OTEL_TRACES_SAMPLER }, parent)]).toEqual([root, child])
  })

  test('a ratio of 0 drops root spans; an invalid ratio keeps them', () => {
    const sampler = { OTEL_TRACES_SAMPLER: 'traceidratio' }
    expect(keeps({ ...sampler, OTEL_TRACES_SAMPLER_ARG: '0' })).toBe(false)
    for (const OTEL_TRACES_SAMPLER_ARG of ['2', '-1', 'half', ''])
      expect(keeps({ ...sampler, OTEL_TRACES_SAMPLER_ARG })).toBe(true)
  })

  test.each(['', 'sometimes', 'parentbased_', 'parentbased_sometimes'])(
    '"%s" leaves the default sampler',
    (OTEL_TRACES_SAMPLER) => {
      expect(tracerSettings({ OTEL_TRACES_SAMPLER }).sampler).toBeUndefined()
    },
  )
})

test('limits of spans come from their own variable first, then from the general one; what is no number above 0 counts as unset', () => {
  const { spanLimits } = tracerSettings({
    OTEL_ATTRIBUTE_COUNT_LIMIT: '50',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '20',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1000',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '-3',
    OTEL_SPAN_LINK_COUNT_LIMIT: 'many',
  })
  expect(spanLimits).toEqual({ attributeCountLimit: 20, attributeValueLengthLimit: 1000 })
})

test('OTEL_BSP_* set the batches of spans', () => {
  expect(batchSettings({ OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_SCHEDULE_DELAY: '0' })).toEqual({ maxQueueSize: 10 })
})
