import { inspect } from 'node:util'

import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { getExecutionMetrics, instrumentAgent, instrumentTool, onExecution, startExecution } from '../src/index.ts'
import { redactSecrets } from '../src/telemetry/content.ts'
import { keptLines } from './kept-lines.ts'

let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
})
afterEach(() => telemetry.shutdown())

const secret = 'the-private-question'
const content = (span: string, ofAgent: string, ofTool: string): unknown => {
  const { attributes } = telemetry.spans(span)[0]!
  if (attributes[ofTool] !== undefined || attributes[ofAgent] === undefined) return attributes[ofTool]
  const [message] = JSON.parse(attributes[ofAgent] as string) as { parts: { type: string; content: string }[] }[]
  return message!.parts[0]!.content
}
const input = (span: string): unknown => content(span, 'gen_ai.input.messages', 'gen_ai.tool.call.arguments')
const output = (span: string): unknown => content(span, 'gen_ai.output.messages', 'gen_ai.tool.call.result')

test('nothing of arguments, results, context or task appears anywhere unless asked for', async () => {
  const { lines, logger } = keptLines()
  const events: unknown[] = []
  const stop = onExecution((event) => events.push(event))
  const tool = instrumentTool((question: string) => `answer to ${question}`, { name: 'search' })
  const agent = instrumentAgent(
    async (question: string) => {
      const answer = tool(question)
      if (lines.length === 0) throw new TypeError('failed')
      return { answer }
    },
    { name: 'private', context: { secret }, logger, recovery: { baseDelaySeconds: 0 } },
  )
  await agent(secret)
  startExecution('private', { secret }).complete({ success: true })
  stop()
  const shown = telemetry
    .spans()
    .map(({ name, attributes, status, events: spanEvents }) => ({ name, attributes, status, spanEvents }))
  const everything = inspect([shown, await telemetry.metrics(), lines, events, getExecutionMetrics()], { depth: Infinity })
  expect(everything).toContain('invoke_agent private')
  expect(everything).not.toContain(secret)
})

test('arguments and result are captured on request: as JSON without values that look like secrets, or as the redactor returns them', async () => {
  const asked = instrumentAgent(async (question: string) => ({ answer: question }), {
    name: 'asked',
    captureInput: true,
    captureOutput: ({ answer }) => answer.length,
  })
  await asked('mail ops@example.com with key sk-abcdefghijklmnop')
  expect(input('invoke_agent asked')).toBe('["mail *** with key ***"]')
  expect(output('invoke_agent asked')).toBe('49')
})

test('a capture is cut to 4,096 characters and contains values that JSON cannot represent', async () => {
  const cyclic: Record<string, unknown> = { big: 10n, call: () => {} }
  cyclic.self = cyclic
  const tool = instrumentTool((_value: unknown) => 'x'.repeat(10_000), { name: 'odd', captureInput: true, captureOutput: true })
  tool(cyclic)
  expect(input('execute_tool odd')).toBe('[{"big":"10n","call":"[function]","self":"[cycle]"}]')
  expect(output('execute_tool odd')).toHaveLength(4096)
})

const fail = async (errorMessages: boolean | ((message: string) => string) | undefined): Promise<string> => {
  const failing = instrumentAgent(
    () => Promise.reject(new Error(`${secret} at https://user:pass@host/path?token=1 ${'x'.repeat(400)}`)),
    {
      name: 'failing',
      recovery: false,
      logger: false,
      errorMessages,
    },
  )
  await failing().catch(() => {})
  const { status, events } = telemetry.spans('invoke_agent failing')[0]!
  expect(events.map(({ attributes }) => attributes?.['exception.message'])).toEqual([status.message])
  expect(events[0]?.attributes?.['exception.stacktrace']).not.toContain(secret)
  return String(status.message)
}

test('error messages lose credentials and are cut to 300 characters', async () => {
  const message = await fail(undefined)
  expect(message).toMatch(new RegExp(`^${secret} at https://\\*\\*\\*@host/path\\?\\*\\*\\* x+$`))
  expect(message).toHaveLength(300)
})

test('error messages are off with errorMessages: false', async () => {
  expect(await fail(false)).toBe('undefined')
})

test('records error messages as the redactor of the user returns them', async () => {
  expect(await fail((message) => message.replace(secret, '[question]').slice(0, 10))).toBe('[question]')
})

test.each([
  ['Authorization: Bearer abcdef123456', 'Authorization: Bearer ***'],
  ['Incorrect API key provided: sk-proj-abc123def456.', 'Incorrect API key provided: ***.'],
  ['token xoxb-123456789012-abcdef', 'token ***'],
  ['connect postgres://admin:hunter2@db:5432/app', 'connect postgres://***@db:5432/app'],
  ['GET https://api.example.com/v1?key=abc&x=1 failed', 'GET https://api.example.com/v1?*** failed'],
  ['at http://host/a@b?c=d@e/f#g then', 'at http://host/a@b?*** then'],
  ['at http://user:p@ss@host then', 'at http://***@host then'],
  ['to jane.doe@example.com', 'to ***'],
  ['0123456789abcdef0123456789abcdef', '***'],
  ['rate limit reached for gpt-4o in 20 s', 'rate limit reached for gpt-4o in 20 s'],
])('redaction makes of %j %j', (text, redacted) => {
  expect(redactSecrets(text)).toBe(redacted)
})
