import * as api from '@opentelemetry/api'

import { schemaUrl, scopeName } from '../names.ts'
import { propertyOf } from '../unknown-values.ts'
import { framesOf } from './content.ts'
import { guarded } from './guard.ts'
import { version, type GuardedSpan } from './guarded-span.ts'

/** An exception as the conventions describe it. */
export interface ExceptionRecord {
  readonly type: string
  /** Redacted; absent where messages must not be shown. */
  readonly message?: string | undefined
  readonly stacktrace?: string | undefined
}

/** The exception of an error whose type and message were determined before. */
export function exceptionOf(error: unknown, errorType: string, message: string | undefined): ExceptionRecord {
  const name = propertyOf(error, 'name')
  return { type: typeof name === 'string' ? name.slice(0, 100) : errorType, message, stacktrace: framesOf(error) }
}

/**
 * Records why a run or a tool failed: as an event of its span, or, as OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN asks, as a log record (`logs`) or as
 * both (`logs/dup`). Without a registered LoggerProvider it stays an event of the span. `isHandled`: an agent may handle it, as that of a tool.
 */
export function recordException(span: GuardedSpan, exception: ExceptionRecord, isHandled = false): void {
  const logger = askedLogger()
  const attributes = attributesOf(exception)
  if (!logger || optIn() === 'logs/dup') span.event('exception', attributes)
  const severity = isHandled
    ? ({ severityNumber: 13, severityText: 'WARN' } as const)
    : ({ severityNumber: 17, severityText: 'ERROR' } as const)
  emit(logger, { eventName: 'exception', ...severity, attributes, context: span.context })
}

/** Records why a model call failed, as a log record if {@link recordException} would make one. */
export function logModelException(span: GuardedSpan, exception: ExceptionRecord): void {
  const attributes = attributesOf(exception)
  const eventName = 'gen_ai.client.operation.exception'
  emit(askedLogger(), { eventName, severityNumber: 13, severityText: 'WARN', attributes, context: span.context })
}

function attributesOf({ type, message, stacktrace }: ExceptionRecord): api.Attributes {
  return {
    'exception.type': type,
    ...(message !== undefined && { 'exception.message': message }),
    ...(stacktrace !== undefined && { 'exception.stacktrace': stacktrace }),
  }
}

let signal: string | undefined

/** The value of OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN; it is read once. */
function optIn(): string {
  return (signal ??= process.env['OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN'] ?? '')
}

/** Records an event: as a log record in the trace of `span` if a LoggerProvider receives it, otherwise on the span. */
export function emitEvent(span: GuardedSpan, eventName: string, attributes: api.Attributes): void {
  const logger = registeredLogger()
  if (!logger) span.event(eventName, attributes)
  emit(logger, { eventName, severityNumber: 9, severityText: 'INFO', attributes, context: span.context })
}

/** Returns a logger if exceptions are to be log records and a LoggerProvider receives them. */
function askedLogger(): api.Logger | undefined {
  return optIn() === 'logs' || optIn() === 'logs/dup' ? registeredLogger() : undefined
}

function registeredLogger(): api.Logger | undefined {
  return guarded('span', () => {
    // Not a named import: version 1.9 of the API has no logs, and loading would fail
    const logs = Reflect.get(api, 'logs') as typeof api.logs | undefined
    const logger = logs?.getLogger(scopeName, version, { schemaUrl })
    return logger?.enabled() ? logger : undefined
  })
}

function emit(logger: api.Logger | undefined, record: api.LogRecord): void {
  if (logger) guarded('span', () => logger.emit(record))
}
