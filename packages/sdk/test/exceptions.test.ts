import { logs, trace, type LogRecord } from '@opentelemetry/api'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let telemetry: TestTelemetry
const emitted: LogRecord[] = []
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  emitted.length = 0
})
afterEach(() => {
  logs.disable()
  vi.unstubAllEnvs()
  return telemetry.shutdown()
})

const logger = { emit: (record: LogRecord) => void emitted.push(record), enabled: () => true }

/** Runs an agent whose model call fails, in a process with this setting. */
async function failWith(setting: string, hasProvider: boolean): Promise<readonly unknown[]> {
  if (hasProvider) logs.setGlobalLoggerProvider({ getLogger: () => logger })
  vi.stubEnv('OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN', setting)
  vi.resetModules()
  const { instrumentAgent } = await import('../src/index.ts')
  const { beginInference } = await import('../src/instrumentation.ts')
  const agent = instrumentAgent(
    async () => {
      beginInference({ source: 'wire', model: 'gpt-6' }).end({ status: 400 })
      throw new TypeError('mail ops@example.com')
    },
    { name: 'failing', logger: false, recovery: false },
  )
  await agent().catch(() => {})
  const [root] = telemetry.spans('invoke_agent failing')
  const records = emitted.map(({ eventName, severityText, attributes, context }) => ({
    eventName,
    severityText,
    type: attributes!['exception.type'],
    message: attributes!['exception.message'],
    hasStack: 'exception.stacktrace' in attributes!,
    isOfTrace: trace.getSpanContext(context!)?.traceId === root!.spanContext().traceId,
  }))
  return [root!.events.map(({ name }) => name), records]
}

const records = [
  {
    eventName: 'gen_ai.client.operation.exception',
    severityText: 'WARN',
    type: '400',
    message: undefined,
    hasStack: false,
    isOfTrace: true,
  },
  { eventName: 'exception', severityText: 'ERROR', type: 'TypeError', message: 'mail ***', hasStack: true, isOfTrace: true },
]

test('an exception is an event of the span, unless log records are asked for', async () => {
  expect(await failWith('', true)).toEqual([['exception'], []])
})

test('with logs, exceptions are log records in the trace of the run, redacted, and no events', async () => {
  expect(await failWith('logs', true)).toEqual([[], records])
})

test('with logs/dup, exceptions are both', async () => {
  expect(await failWith('logs/dup', true)).toEqual([['exception'], records])
})

test('without a LoggerProvider no exception is lost', async () => {
  expect(await failWith('logs', false)).toEqual([['exception'], []])
})
