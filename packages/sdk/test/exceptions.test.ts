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

/** Lets a tool fail whose agent handles the error: once by code, once as a framework reports it. */
async function failTools(setting: string): Promise<readonly unknown[]> {
  logs.setGlobalLoggerProvider({ getLogger: () => logger })
  vi.stubEnv('OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN', setting)
  vi.resetModules()
  const { instrumentAgent, instrumentTool } = await import('../src/index.ts')
  const { beginToolCall } = await import('../src/instrumentation.ts')
  const fail = () => Promise.reject(new RangeError('mail ops@example.com'))
  const tool = instrumentTool(fail, { name: 'by_code' })
  const agent = instrumentAgent(
    async () => {
      await tool().catch(() => {})
      const reported = beginToolCall({ name: 'by_framework', source: 'ai-sdk' })
      await fail().catch((error: unknown) => reported.fail(error))
    },
    { name: 'handling' },
  )
  await agent()
  return ['by_code', 'by_framework'].map((name, at) => {
    const [span] = telemetry.spans(`execute_tool ${name}`)
    const { eventName, severityText, attributes, context } = emitted[at] ?? {}
    const isOfSpan = context && trace.getSpanContext(context)?.spanId === span!.spanContext().spanId
    const record = context && { eventName, severityText, isOfSpan, ...exceptionIn(attributes) }
    return [span!.events.map(({ name: event, attributes: of }) => ({ event, ...exceptionIn(of) })), record]
  })
}

const exceptionIn = (attributes: LogRecord['attributes']) => ({
  type: attributes?.['exception.type'],
  message: attributes?.['exception.message'],
  hasStack: 'exception.stacktrace' in attributes!,
})

test('the exception of a failed tool is an event of its span, or a log record that warns', async () => {
  const exception = { type: 'RangeError', message: 'mail ***', hasStack: true }
  const event = { event: 'exception', ...exception }
  const record = { eventName: 'exception', severityText: 'WARN', isOfSpan: true, ...exception }
  expect(await failTools('')).toEqual([
    [[event], undefined],
    [[event], undefined],
  ])
  await telemetry.shutdown()
  telemetry = await startTestTelemetry()
  expect(await failTools('logs')).toEqual([
    [[], record],
    [[], record],
  ])
})

const evaluate = { name: 'Relevance', score: 0.8, label: 'pass', explanation: 'mail ops@example.com', responseId: 'r-1' }
const evaluated = {
  'gen_ai.evaluation.name': 'Relevance',
  'gen_ai.evaluation.score.value': 0.8,
  'gen_ai.evaluation.score.label': 'pass',
  'gen_ai.evaluation.explanation': 'mail ***',
  'gen_ai.response.id': 'r-1',
}

test('an evaluation is a log record in the trace of the run, or an event of its span without a LoggerProvider', async () => {
  const { instrumentAgent, recordEvaluation } = await import('../src/index.ts')
  const agent = instrumentAgent(async () => recordEvaluation(evaluate), { name: 'judged' })
  await agent()
  expect(telemetry.spans('invoke_agent judged')[0]!.events).toMatchObject([
    { name: 'gen_ai.evaluation.result', attributes: evaluated },
  ])
  logs.setGlobalLoggerProvider({ getLogger: () => logger })
  await agent()
  const root = telemetry.spans('invoke_agent judged')[1]!
  expect(root.events).toEqual([])
  expect(emitted).toMatchObject([{ eventName: 'gen_ai.evaluation.result', attributes: evaluated }])
  expect(trace.getSpanContext(emitted[0]!.context!)).toEqual(root.spanContext())
})

test('an evaluation outside of a run belongs to the active span, and an invalid score is left out', async () => {
  const { recordEvaluation } = await import('../src/index.ts')
  trace.getTracer('test').startActiveSpan('judge', (span) => {
    recordEvaluation({ name: 'Relevance', score: Number.NaN })
    span.end()
  })
  recordEvaluation({ name: 'Relevance' })
  expect(telemetry.spans('judge')[0]!.events).toMatchObject([{ attributes: { 'gen_ai.evaluation.name': 'Relevance' } }])
  expect(telemetry.spans('judge')[0]!.events[0]!.attributes).not.toHaveProperty('gen_ai.evaluation.score.value')
})

test('without a LoggerProvider no exception is lost', async () => {
  expect(await failWith('logs', false)).toEqual([['exception'], []])
})
