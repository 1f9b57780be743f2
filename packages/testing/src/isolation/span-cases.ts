import { trace, type ProxyTracerProvider, type Span, type TracerProvider } from '@opentelemetry/api'

import type { CaseTools, Hostility, HostileCase } from './isolation-case.ts'
import { boom, throwing } from './failures.ts'

type Hook = (span: Span) => void
const nothing = (): void => {}
const processor = (hooks: { onStart?: Hook; onEnd?: Hook }): Hostility => ({
  parts: {
    spanProcessors: [{ onStart: nothing, onEnd: nothing, forceFlush: async () => {}, shutdown: async () => {}, ...hooks }],
  },
})
const sampler = (shouldSample: () => unknown): Hostility => ({
  parts: { sampler: { shouldSample, toString: () => 'hostile' } },
})
const provider = (getTracer: () => unknown): Hostility => ({
  register() {
    // As if it had been registered first: tracers that the library made before get theirs from it as well
    const registered = trace.getTracerProvider() as ProxyTracerProvider
    registered.setDelegate({ getTracer } as TracerProvider)
  },
})
/** Returns a span whose methods throw, except those that identify it. */
const brokenSpan = (): unknown =>
  new Proxy(
    { spanContext: () => ({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }), isRecording: () => true },
    { get: (known, key) => Reflect.get(known, key) ?? boom },
  )
const overwrite: Hook = (span) => {
  span.updateName('')
  span.setAttributes({ 'gen_ai.agent.name': 'another agent', 'swarmwatch.execution.id': '' })
  Object.freeze(span)
}

const prepared: Readonly<Record<string, (tools: CaseTools) => Hostility>> = {
  ...Object.fromEntries(
    Object.entries(throwing).flatMap(([how, onThrow]) => [
      [`a span processor ${how} in onStart`, () => processor({ onStart: onThrow })],
      [`a span processor ${how} in onEnd`, () => processor({ onEnd: onThrow })],
    ]),
  ),
  'a span processor ends each span when it starts': () => processor({ onStart: (span) => span.end() }),
  'a span processor overwrites and freezes each span': () => processor({ onStart: overwrite }),
  'a span processor calls the agent when a span starts': ({ callAgain }) => processor({ onStart: callAgain }),
  'a span processor calls the agent when a span ends': ({ callAgain }) => processor({ onEnd: callAgain }),
  'an exporter throws': ({ sdk }) => exporter(sdk, boom),
  'an exporter never answers': ({ sdk }) => exporter(sdk, nothing),
  'an exporter reports failure': ({ sdk }) => exporter(sdk, (_, done) => done({ code: 1, error: new Error('refused') })),
  'a sampler throws': () => sampler(boom),
  'a sampler decides nothing': () => sampler(nothing),
  'a tracer provider throws': () => provider(boom),
  'a tracer provider has no tracer': () => provider(nothing),
  'a tracer throws': () => provider(() => ({ startSpan: boom, startActiveSpan: boom })),
  'a tracer makes no span': () => provider(() => ({ startSpan: nothing, startActiveSpan: nothing })),
  'a span throws in every method': () => provider(() => ({ startSpan: brokenSpan, startActiveSpan: callWithBroken })),
}

function callWithBroken(...args: unknown[]): unknown {
  return (args.at(-1) as (span: unknown) => unknown)(brokenSpan())
}

type Export = (spans: unknown, done: (result: { code: number; error?: Error }) => void) => void

function exporter(sdk: CaseTools['sdk'], exporting: Export): Hostility {
  const spanProcessors = sdk.exporting({ export: exporting, shutdown: async () => {} } as Parameters<typeof sdk.exporting>[0])
  return { parts: { spanProcessors } }
}

/** Tracing that misbehaves: processors, exporters, samplers, providers. */
export const spanCases: readonly HostileCase[] = Object.entries(prepared).map(([name, prepare]) => ({
  name,
  surface: 'span',
  prepare,
}))
