import {
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type AttributeValue,
  type Context,
  type ProxyTracerProvider,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'

import { attribute, schemaUrl, scopeName } from '../names.ts'
import { guarded, trip } from './guard.ts'

/** The version of this package in its instrumentation scope; a test checks that it equals package.json. */
export const version = '0.1.0'

/** A span that never throws: neither when it starts, nor when it ends, nor in between. */
export class GuardedSpan {
  readonly #span: Span
  /** The context in which this span is the active one. */
  readonly context: Context

  constructor(span: Span, inContext: Context) {
    this.#span = span
    this.context = inContext
  }

  /** Starts a span below `parent`, or below the active one; attributes given here can be sampled on. */
  static start(name: string, attributes: Attributes, parent: Context = activeContext(), options?: SpanOptions): GuardedSpan {
    try {
      const span = tracer().startSpan(name, options ? { ...options, attributes } : { attributes }, parent)
      return new GuardedSpan(span, trace.setSpan(parent, span))
    } catch (error) {
      trip('span', error)
      return new GuardedSpan(trace.wrapSpanContext(INVALID_SPAN_CONTEXT), parent)
    }
  }

  /** The active span, which another owner ends. */
  static active(): GuardedSpan {
    const active = activeContext()
    return new GuardedSpan(trace.getSpan(active) ?? trace.wrapSpanContext(INVALID_SPAN_CONTEXT), active)
  }

  set(key: string, value: AttributeValue): void {
    try {
      this.#span.setAttribute(key, value)
    } catch (error) {
      trip('span', error)
    }
  }

  setAll(attributes: Attributes): void {
    try {
      this.#span.setAttributes(attributes)
    } catch (error) {
      trip('span', error)
    }
  }

  rename(name: string): void {
    try {
      this.#span.updateName(name)
    } catch (error) {
      trip('span', error)
    }
  }

  /** Links it to another one; without effect in an API before 1.9. */
  link(context: SpanContext): void {
    try {
      this.#span.addLink?.({ context })
    } catch (error) {
      trip('span', error)
    }
  }

  /** For links of other spans; undefined if no SDK recorded it. */
  spanContext(): SpanContext | undefined {
    const context = guarded('span', () => this.#span.spanContext())
    return context && isSpanContextValid(context) ? context : undefined
  }

  /** The id of its trace, if the trace is recorded and will be exported. */
  recordedTraceId(): string | undefined {
    try {
      const { traceId, traceFlags } = this.#span.spanContext()
      return this.#span.isRecording() && (traceFlags & TraceFlags.SAMPLED) !== 0 ? traceId : undefined
    } catch (error) {
      trip('span', error)
      return undefined
    }
  }

  /** Marks it as failed: status ERROR with a message, if there is one to show, and `error.type`. */
  fail(errorType: string, message: string | undefined): void {
    try {
      this.#span.setAttribute(attribute.errorType, errorType)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) })
    } catch (error) {
      trip('span', error)
    }
  }

  event(name: string, attributes: Attributes): void {
    try {
      this.#span.addEvent(name, attributes)
    } catch (error) {
      trip('span', error)
    }
  }

  /** `at` is in milliseconds since 1970, for a span that ended earlier. */
  end(at?: number): void {
    try {
      this.#span.end(at)
    } catch (error) {
      trip('span', error)
    }
  }

  /** Calls `call` with this span active, like {@link callWithin}. */
  within<T>(call: () => T): T {
    return callWithin(this.context, call)
  }
}

/** Calls `call` exactly once with a context active, whatever the context manager does, and returns or throws its outcome. */
export function callWithin<T>(active: Context, call: () => T): T {
  let state: 'waiting' | 'returned' | 'threw' = 'waiting'
  let result: unknown
  const callOnce = (): void => {
    if (state !== 'waiting') return
    state = 'threw'
    try {
      result = call()
      state = 'returned'
    } catch (error) {
      result = error
    }
  }
  try {
    context.with(active, callOnce)
  } catch (error) {
    trip('span', error)
  }
  callOnce()
  if ((state as string) === 'threw') throw result
  return result as T
}

let provider: TracerProvider | undefined
let cached: Tracer | undefined

/** The tracer of the provider that is registered now: one from before registration may stay silent (two copies of the api). */
function tracer(): Tracer {
  const registered = trace.getTracerProvider()
  const now = 'getDelegate' in registered ? (registered as ProxyTracerProvider).getDelegate() : registered
  if (cached === undefined || now !== provider) {
    cached = now.getTracer(scopeName, version, { schemaUrl })
    provider = now
  }
  return cached
}

/** The active OpenTelemetry context; never throws. */
export function activeContext(): Context {
  try {
    return context.active()
  } catch (error) {
    trip('span', error)
    return ROOT_CONTEXT
  }
}
