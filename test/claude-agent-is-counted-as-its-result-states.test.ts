import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { claudeAgent } from '@swarmwatch/instrumentation'
import { instrumentAgent } from '@swarmwatch/sdk'
import { configureInferences } from '@swarmwatch/sdk/instrumentation'
import { startTestTelemetry, type RecordedSpan, type TestTelemetry } from '@swarmwatch/testing'
import { openTemporaryFolder } from '@swarmwatch/testkit'
import { answer, openModelProvider, toolCalls } from '@swarmwatch/testkit/providers'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

type Message = { readonly type: string; readonly [key: string]: unknown }
type Query = AsyncGenerator<Message, void> & { interrupt(): Promise<void>; setModel(model: string): Promise<void> }
interface ClaudeSdk {
  readonly query: (options: { prompt: unknown; options: object }) => Query
  tool(name: string, description: string, shape: object, handler: (input: never) => Promise<object>): object
  createSdkMcpServer(options: object): object
}

const whyNot = await installFrameworks()
const fromFrameworks = new URL('frameworks/claude-code.mjs', import.meta.url)
const load = async (name: string): Promise<unknown> => import(new URL(`frameworks/node_modules/${name}`, import.meta.url).href)

let sdk: ClaudeSdk
let telemetry: TestTelemetry
beforeEach(async () => {
  telemetry = await startTestTelemetry()
  if (!whyNot) sdk ??= (await load('@anthropic-ai/claude-agent-sdk/sdk.mjs')) as ClaudeSdk
})
afterEach(() => telemetry.shutdown())

/** Asks the recorded Claude Code of a case and returns the messages. */
async function ask(name: string, prompt: unknown = 'hi', { env, ...options }: Resumed = {}): Promise<Message[]> {
  const query = claudeAgent(sdk.query)({
    prompt,
    options: {
      pathToClaudeCodeExecutable: fileURLToPath(fromFrameworks),
      executable: process.execPath,
      env: { PATH: process.env['PATH'], CLAUDE_CASE: name, ...env },
      ...options,
    },
  })
  return readAll(query)
}

/** Options of the SDK for a session that is continued, and what the recorded Claude Code knows of it. */
interface Resumed {
  readonly resume?: string
  readonly continue?: boolean
  readonly forkSession?: boolean
  readonly env?: { readonly CLAUDE_SESSION: string; readonly CLAUDE_EARLIER_CALLS?: string }
}

const turn = (content: string): object => ({
  type: 'user',
  message: { role: 'user', content },
  parent_tool_use_id: null,
  session_id: '',
})

async function readAll(query: Query): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of query) messages.push(message)
  return messages
}

const inRun = async (work: () => Promise<unknown>, recovery: object = { maxRetries: 0 }): Promise<unknown> =>
  instrumentAgent(work, { name: 'solver', logger: false, recovery })().catch((error: unknown) => error)

const modelSpans = (): RecordedSpan[] => telemetry.spans().filter(({ name }) => name.startsWith('chat'))
const attributesOf = (key: string): unknown[] => modelSpans().map(({ attributes }) => attributes[key])

describe.skipIf(whyNot)('with claudeAgent()', () => {
  test('tokens, cost, model calls and tools of a query are those of its result message', async () => {
    await inRun(() => ask('tool'))
    const run = telemetry.expectExecution('solver', {
      outcome: 'success',
      tokens: { input: 44, output: 40 },
      tools: ['mcp__t__add'],
    })
    expect(run.costUsd).toBeCloseTo(0.0007, 10)
    expect(run.attributes).toMatchObject({
      'gen_ai.conversation.id': '86d2bd18-f1dd-4139-b0dd-5179a88624a4',
      'swarmwatch.model.calls': 2,
      'swarmwatch.http.tries': 2,
      'swarmwatch.tool.calls': 1,
    })
    expect(modelSpans().map(({ name, attributes }) => [name, attributes['gen_ai.provider.name']])).toEqual([
      ['chat claude-sonnet-4-5', 'anthropic'],
      ['chat claude-sonnet-4-5', 'anthropic'],
    ])
    expect(attributesOf('gen_ai.usage.input_tokens')).toEqual([22, 22])
    expect(attributesOf('gen_ai.usage.cache_read.input_tokens')).toEqual([7, 7])
    // Only the total is known
    expect(attributesOf('gen_ai.usage.output_tokens')).toEqual([undefined, 40])
  })

  test('a query in streaming input adds in each turn what the totals have grown by', async () => {
    await inRun(() =>
      ask(
        'tool',
        (async function* () {
          yield* [turn('one'), turn('two'), turn('three')]
        })(),
      ),
    )
    const run = telemetry.expectExecution('solver', { tokens: { input: 132, output: 120 } })
    expect(run.costUsd).toBeCloseTo(0.0021, 10)
    expect(run.attributes).toMatchObject({ 'swarmwatch.model.calls': 6, 'swarmwatch.tool.calls': 3 })
  })

  test.each([
    ['resume', (id: string) => ({ resume: id })],
    ['resume and forkSession', (id: string) => ({ resume: id, forkSession: true })],
    ['continue', () => ({ continue: true })],
  ])('a query with %s is billed without the earlier turns of its session', async (name, options) => {
    const session = `known ${name}`
    await ask('tool', 'hi', { env: { CLAUDE_SESSION: session } })
    await inRun(() => ask('tool', 'hi', { ...options(session), env: { CLAUDE_SESSION: session, CLAUDE_EARLIER_CALLS: '2' } }))
    const run = telemetry.expectExecution('solver', { tokens: { input: 44, output: 40 } })
    expect(run.costUsd).toBeCloseTo(0.0007, 10)
    expect(run.attributes['swarmwatch.model.calls']).toBe(2)
  })

  test.each([
    ['another process began', '3', false],
    ['another process has continued since', '5', true],
  ])('a query whose session %s is billed without the earlier turns, at our prices', async (name, earlier, isKnown) => {
    const undo = configureInferences({ price: ({ usage }) => ((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)) / 100 })
    onTestFinished(undo)
    const env = { CLAUDE_SESSION: name, CLAUDE_EARLIER_CALLS: earlier }
    if (isKnown) await ask('tool', 'hi', { env })
    const turns = async function* (): AsyncGenerator<object> {
      yield* [turn('one'), turn('two')]
    }
    await inRun(() => ask('tool', turns(), { resume: name, env }))
    const run = telemetry.expectExecution('solver', { tokens: { input: 88, output: 80 } })
    // The second turn is the difference of two totals
    expect(run.costUsd).toBeCloseTo(0.84 + 0.0007, 10)
    expect(run.attributes['swarmwatch.model.calls']).toBe(4)
  })

  test('a query that uses another model than the earlier turns of its session has the cost of the result message', async () => {
    await inRun(() => ask('tool', 'hi', { resume: 'other', env: { CLAUDE_SESSION: 'other' } }))
    const run = telemetry.expectExecution('solver', { tokens: { input: 44, output: 40 } })
    expect(run.costUsd).toBeCloseTo(0.0007, 10)
  })

  test.each([
    ['are known', '2', '2', { input: 88, output: 80 }],
    // The output of a subagent is only in the totals
    ['are not known', undefined, '2', { input: 66, output: 40 }],
    ['have grown in another process', '2', '5', { input: 66, output: 40 }],
  ])('a subagent of a resumed query whose earlier totals %s is never billed twice', async (name, known, earlier, tokens) => {
    const CLAUDE_SESSION = `subagent, totals ${name}`
    if (known) await ask('tool', 'hi', { env: { CLAUDE_SESSION } })
    await inRun(() => ask('subagent', 'hi', { resume: CLAUDE_SESSION, env: { CLAUDE_SESSION, CLAUDE_EARLIER_CALLS: earlier } }))
    telemetry.expectExecution('solver', { tokens })
  })

  test('a model that no message names is a model call of its own', async () => {
    await inRun(() => ask('helperModel'))
    const run = telemetry.expectExecution('solver', { tokens: { input: 44, output: 23 } })
    expect(run.costUsd).toBeCloseTo(0.00135, 10)
    expect(new Set(attributesOf('gen_ai.request.model'))).toEqual(new Set(['claude-haiku-4-5', 'claude-sonnet-4-5']))
  })

  test('a tool result with is_error is a failed tool call, without its text', async () => {
    await inRun(() => ask('toolError'))
    const [tool] = telemetry.spans('execute_tool mcp__t__add')
    expect(tool?.attributes).toMatchObject({ 'error.type': 'tool_error', 'gen_ai.tool.type': 'function' })
    expect(JSON.stringify(telemetry.spans().map(({ attributes, status }) => [attributes, status]))).not.toContain('secret-marker')
  })

  test('requests that Claude Code repeats are tries of one model call', async () => {
    await inRun(() => ask('retried'))
    telemetry.expectExecution('solver', { tokens: { input: 22, output: 20 } })
    expect(telemetry.expectExecution('solver').attributes).toMatchObject({
      'swarmwatch.model.calls': 1,
      'swarmwatch.http.tries': 3,
    })
    expect(attributesOf('error.type')).toEqual(['529', '529', undefined])
  })

  test.each([
    ['overloaded', { attempts: 2, errorType: '529', requests: 6 }],
    ['unauthorized', { attempts: 1, errorType: '401', requests: 1 }],
  ])('a query that ends %s is classified by the status of its last request', async (name, { attempts, errorType, requests }) => {
    const error = await inRun(() => ask(name), { maxRetries: 1 })
    expect(error).toMatchObject({ message: expect.stringContaining('API Error') as string })
    const run = telemetry.expectExecution('solver', { outcome: 'failure', attempts, errorType })
    expect(run.attributes).toMatchObject({ 'swarmwatch.http.tries': requests })
  })

  test('a query that exceeds its turns is billed once and not retried', async () => {
    await inRun(() => ask('maxTurns'), { maxRetries: 3 })
    telemetry.expectExecution('solver', { outcome: 'failure', attempts: 1, tokens: { input: 22, output: 20 } })
  })

  test('a query whose process crashes is billed as far as its messages state', async () => {
    await inRun(() => ask('crash'))
    telemetry.expectExecution('solver', { outcome: 'failure', tokens: { input: 22, output: 1 } })
    const [tool] = telemetry.spans('execute_tool mcp__t__add')
    expect(tool?.attributes['error.type']).toBe('_OTHER')
  })

  test('a reader that leaves a query leaves no open call and no open tool behind', async () => {
    const query = claudeAgent(sdk.query)({
      prompt: 'hi',
      options: {
        pathToClaudeCodeExecutable: fileURLToPath(fromFrameworks),
        executable: process.execPath,
        env: { PATH: process.env['PATH'], CLAUDE_CASE: 'tool' },
      },
    })
    await inRun(async () => {
      for await (const message of query) if (message.type === 'assistant' && JSON.stringify(message).includes('"tool_use"')) break
    })
    expect(telemetry.spans().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['chat claude-sonnet-4-5', 'execute_tool mcp__t__add']),
    )
  })

  test('the returned Query is the object of the SDK', async () => {
    let made: Query | undefined
    const wrapped = claudeAgent((options: Parameters<ClaudeSdk['query']>[0]) => (made = sdk.query(options)))
    const query = wrapped({
      prompt: 'hi',
      options: {
        pathToClaudeCodeExecutable: fileURLToPath(fromFrameworks),
        executable: process.execPath,
        env: { PATH: process.env['PATH'], CLAUDE_CASE: 'tool' },
      },
    })
    expect(query).toBe(made)
    expect([typeof query.interrupt, typeof query.setModel]).toEqual(['function', 'function'])
    await query.return()
  })
})

const executable = process.env['CLAUDE_CODE']

test.skipIf(whyNot !== undefined || executable === undefined)(
  'numbers of the real Claude Code equal those of the server, also in a session that is resumed, forked or continued',
  { timeout: 60_000 },
  async () => {
    using folder = openTemporaryFolder()
    mkdirSync(`${folder.path}/home`)
    await using provider = await openModelProvider((request) =>
      JSON.stringify((request.json as { messages: unknown[] }).messages.at(-1)).includes('tool_result')
        ? answer('done')
        : toolCalls({ name: 'mcp__t__add', input: { a: 1, b: 2 } }),
    )
    const { z } = (await load('zod/index.js')) as { z: { number(): object } }
    const add = sdk.tool('add', 'Adds', { a: z.number(), b: z.number() }, async () => ({
      content: [{ type: 'text', text: '3' }],
    }))
    const messagesOf = (query: ClaudeSdk['query'], options: object): Promise<Message[]> =>
      readAll(
        query({
          prompt: 'hi',
          options: {
            pathToClaudeCodeExecutable: executable,
            cwd: folder.path,
            model: 'claude-sonnet-4-5',
            allowedTools: ['mcp__t__add'],
            tools: [],
            settingSources: [],
            mcpServers: { t: sdk.createSdkMcpServer({ name: 't', version: '1.0.0', tools: [add] }) },
            env: {
              PATH: process.env['PATH'],
              HOME: `${folder.path}/home`,
              ANTHROPIC_BASE_URL: provider.url,
              ANTHROPIC_API_KEY: 'sk-ant-test',
              CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
            },
            ...options,
          },
        }),
      )
    let billed = provider.billed()
    let requests = provider.requests.length
    const expectBilled = async (options: object): Promise<void> => {
      await telemetry.shutdown()
      telemetry = await startTestTelemetry()
      const ended = await inRun(() => messagesOf(claudeAgent(sdk.query), options))
      expect(String(ended)).not.toContain('Error')
      const before = billed
      billed = provider.billed()
      const run = telemetry.expectExecution('solver', {
        tokens: { input: billed.inputTokens - before.inputTokens, output: billed.outputTokens - before.outputTokens },
        tools: ['mcp__t__add'],
      })
      expect(run.attributes).toMatchObject({
        'swarmwatch.model.calls': provider.requests.length - requests,
        'swarmwatch.tool.calls': 1,
      })
      requests = provider.requests.length
    }
    await expectBilled({})
    await expectBilled({ continue: true })
    // Not observed, like a turn in another process
    const [{ session_id: id } = { session_id: undefined }] = await messagesOf(sdk.query, { continue: true })
    billed = provider.billed()
    requests = provider.requests.length
    await expectBilled({ resume: id })
    await expectBilled({ resume: id })
    await expectBilled({ resume: id, forkSession: true })
    await expectBilled({ continue: true, forkSession: true })
    await expectBilled({ resume: id, model: 'claude-haiku-4-5' })
  },
)
