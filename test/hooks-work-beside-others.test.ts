import { AgentInstrumentation } from '@swarmwatch/instrumentation'
import { instrumentAgent } from '@swarmwatch/sdk'
import { startTestTelemetry, type TestTelemetry } from '@swarmwatch/testing'
import { eventually, openHttpServer } from '@swarmwatch/testkit'
import { answer, openModelProvider, toolCalls, type ModelProvider } from '@swarmwatch/testkit/providers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { agentsToTest, type AgentOptions } from './agents-to-test.ts'

/** The exports of `test/frameworks/beside-hooks.mjs`. */
interface Others {
  registerInAi(integration: object): () => void
  registerAiSdkOtel(): () => void
  traceOpenAIAgents(types: string[]): () => void
  cachedModel(provider: ModelProvider, cache?: object): () => Promise<string>
  sharedCache(): object
  interruptedAgent(provider: ModelProvider): Promise<number>
  flushLangSmith(): Promise<void>
}

const { agentsWithTools } = await agentsToTest()
const names = Object.keys(agentsWithTools)
const look = async (): Promise<string> => 'sunny'

const keys = {
  ai: 'AI_SDK_TELEMETRY_INTEGRATIONS',
  provider: Symbol.for('openai.agents.core.traceProvider'),
  agentsStorage: Symbol.for('openai.agents.core.asyncLocalStorage'),
  langchainStorage: Symbol.for('ls:tracing_async_local_storage'),
}

/** Everything that a source can change, as it is now. */
function stateOfFrameworks(): unknown {
  const globals = globalThis as unknown as Record<PropertyKey, object | undefined>
  const own = (key: symbol): unknown => [Object.getOwnPropertyDescriptor(globals, key), Reflect.ownKeys(globals[key] ?? {})]
  const integrations = globals[keys.ai] as readonly object[] | undefined
  return {
    integrations: [...(integrations ?? [])],
    globals: [own(keys.provider), own(keys.agentsStorage), own(keys.langchainStorage)],
  }
}

describe.skipIf(names.length === 0)('the sources of frameworks', () => {
  let telemetry: TestTelemetry
  let provider: ModelProvider
  let others: Others
  let instrumentation: AgentInstrumentation
  const frameworks = ['wire', 'ai-sdk', 'openai-agents', 'langchain'] as const
  beforeAll(async () => {
    telemetry = await startTestTelemetry()
    provider = await openModelProvider()
    others = (await import(new URL('frameworks/beside-hooks.mjs', import.meta.url).href)) as Others
  })
  // The frameworks are loaded by now
  beforeEach(() => {
    telemetry.reset()
    instrumentation = new AgentInstrumentation({ frameworks, warn: () => {} })
  })
  afterEach(() => instrumentation.disable())
  afterAll(async () => {
    await telemetry?.shutdown()
    await provider?.close()
  })

  /** Runs an agent whose model asks for the tool `look` and then answers. */
  const run = (name: string, options: Partial<AgentOptions> = {}): Promise<string> => {
    provider.restart([toolCalls({ name: 'look', input: { place: 'Bern' } }), answer('done')])
    return instrumentAgent(() => agentsWithTools[name]!({ provider, tools: { look }, ...options }), {
      name: 'a',
      logger: false,
    })()
  }
  const toolCallsCounted = (): Promise<number> => telemetry.sum('gen_ai.execute_tool.duration')
  const billed = (): object => ({ input: provider.billed().inputTokens, output: provider.billed().outputTokens })
  const noTokens = { input: 0, output: 0 }

  test.for(names)('%s: is seen if it was loaded before', async (name) => {
    await run(name)
    expect(telemetry.expectExecution('a')).toMatchObject({ tools: ['look'], tokens: billed() })
  })

  test.for(names)('%s: is not seen any more after disable(), which leaves no trace', async (name) => {
    instrumentation.disable()
    const before = stateOfFrameworks()
    instrumentation.enable()
    expect(stateOfFrameworks()).not.toEqual(before)
    instrumentation.disable()
    expect(stateOfFrameworks()).toEqual(before)
    expect(await run(name)).toBe('done')
    expect(telemetry.expectExecution('a')).toMatchObject({ tools: [], tokens: noTokens })
  })

  test.for(names)('%s: is reported once by two instrumentations, and by the second when the first is disabled', async (name) => {
    const second = new AgentInstrumentation({ frameworks, warn: () => {} })
    onTestFinished(() => second.disable())
    await run(name)
    expect(telemetry.expectExecution('a')).toMatchObject({ tools: ['look'], tokens: billed() })
    expect(await toolCallsCounted()).toBe(1)
    telemetry.reset()
    instrumentation.disable()
    await run(name)
    expect(telemetry.expectExecution('a')).toMatchObject({ tools: ['look'], tokens: billed() })
    expect(await toolCallsCounted()).toBe(1)
  })

  test.for(names)('%s: no content is in any span by default', async (name) => {
    await run(name)
    const recorded = JSON.stringify(telemetry.spans().map(({ attributes, events, status }) => ({ attributes, events, status })))
    for (const content of ['Bern', 'sunny', 'done', 'weather', 'key-marker']) expect(recorded).not.toContain(content)
  })

  // The events of version 6 do not show whether a call hides its content
  test.for(names.filter((name) => name !== 'ai 6'))('%s: captureContent records arguments and results of tools', async (name) => {
    instrumentation.disable()
    instrumentation = new AgentInstrumentation({ frameworks, warn: () => {}, captureContent: true })
    await run(name)
    expect(telemetry.spans('execute_tool look')).toMatchObject([
      { attributes: { 'gen_ai.tool.call.arguments': '{"place":"Bern"}', 'gen_ai.tool.call.result': 'sunny' } },
    ])
  })

  test.for([{ recordInputs: false }, { recordOutputs: false }])('ai: captureContent respects %o of a call', async (options) => {
    instrumentation.disable()
    instrumentation = new AgentInstrumentation({ frameworks, warn: () => {}, captureContent: true })
    await run('ai', { telemetry: options })
    const [span] = telemetry.spans('execute_tool look')
    expect(span?.attributes['gen_ai.tool.call.arguments']).toBe('recordInputs' in options ? undefined : '{"place":"Bern"}')
    expect(span?.attributes['gen_ai.tool.call.result']).toBe('recordOutputs' in options ? undefined : 'sunny')
  })

  test('20 runs of all frameworks at the same time stay apart', async () => {
    provider.restart(({ json }) =>
      JSON.stringify(json).includes('sunny') ? answer('done') : toolCalls({ name: 'look', input: { place: 'Bern' } }),
    )
    const runs = Array.from({ length: 20 }, (_, number) => {
      const options = { provider, tools: { look }, isStream: number % 2 === 0, conversation: `c-${number}` }
      const agent = instrumentAgent(() => agentsWithTools[names[number % names.length]!]!(options), {
        name: `a-${number}`,
        logger: false,
      })
      return agent()
    })
    expect(new Set(await Promise.all(runs))).toEqual(new Set(['done']))
    const executions = telemetry.executions()
    expect(executions.map(({ tools }) => tools)).toEqual(Array.from({ length: 20 }, () => ['look']))
    const sum = (direction: 'input' | 'output'): number => executions.reduce((total, { tokens }) => total + tokens[direction], 0)
    expect({ input: sum('input'), output: sum('output') }).toEqual(billed())
    for (const { agentName, attributes } of executions) {
      const name = names[Number(agentName.slice(2)) % names.length]!
      expect(attributes['gen_ai.conversation.id']).toBe(name.startsWith('ai') ? undefined : agentName.replace('a', 'c'))
      expect(attributes).toMatchObject({ 'swarmwatch.tool.calls': 1 })
    }
  })

  test('ai: other integrations still get their events', async () => {
    const seen: string[] = []
    const unregister = others.registerInAi({
      onToolExecutionStart: () => void seen.push('start'),
      executeTool: async ({ execute }: { execute: () => Promise<unknown> }) => {
        seen.push('execute')
        return execute()
      },
    })
    onTestFinished(unregister)
    await run('ai')
    expect(seen).toEqual(['start', 'execute'])
    expect(await toolCallsCounted()).toBe(1)
  })

  test.for(['before', 'after'])(
    'ai: with @ai-sdk/otel, registered %s, there is one span for each call, counted once',
    async (when) => {
      if (when === 'before') instrumentation.disable()
      onTestFinished(others.registerAiSdkOtel())
      instrumentation.enable()
      await run('ai')
      const operations = telemetry.spans().map(({ attributes }) => attributes['gen_ai.operation.name'])
      expect(operations.filter((operation) => operation === 'execute_tool')).toHaveLength(1)
      expect(operations.filter((operation) => operation === 'chat')).toHaveLength(2)
      expect(await toolCallsCounted()).toBe(1)
      expect(telemetry.expectExecution('a')).toMatchObject({ tokens: billed() })
    },
  )

  test.for([{ isEnabled: false }, { integrations: [] }])(
    'ai: a call with telemetry %o keeps its tools, not its tokens, for itself',
    async (options) => {
      expect(await run('ai', { telemetry: options })).toBe('done')
      expect(telemetry.expectExecution('a')).toMatchObject({ tools: [], tokens: billed() })
    },
  )

  test('openai agents: processors of others get their spans, and ours survive setTraceProcessors()', async () => {
    const types: string[] = []
    onTestFinished(others.traceOpenAIAgents(types))
    await run('openai agents')
    expect(types).toContain('function')
    expect(telemetry.expectExecution('a')).toMatchObject({ tools: ['look'], tokens: billed() })
  })

  test('openai agents: a runner with tracingDisabled keeps its tools, not its tokens, for itself', async () => {
    expect(await run('openai agents', { runner: { tracingDisabled: true } })).toBe('done')
    expect(telemetry.expectExecution('a')).toMatchObject({ tools: [], tokens: billed() })
  })

  test("langgraph: a user's callbacks still get their events", async () => {
    const seen: string[] = []
    const callbacks = [{ handleToolStart: () => void seen.push('start'), handleToolEnd: () => void seen.push('end') }]
    await run('langgraph', { callbacks })
    expect(seen).toEqual(['start', 'end'])
    expect(await toolCallsCounted()).toBe(1)
  })

  test('langgraph: LangSmith still gets its runs', async () => {
    await using langSmith = await openHttpServer((_, response) => void response.writeHead(202).end('{}'))
    const env = {
      LANGSMITH_TRACING: 'true',
      LANGSMITH_ENDPOINT: langSmith.url,
      LANGSMITH_API_KEY: 'key',
      LANGCHAIN_CALLBACKS_BACKGROUND: 'false',
    }
    Object.assign(process.env, env)
    onTestFinished(() => {
      for (const name of Object.keys(env)) delete process.env[name]
    })
    await run('langgraph', { conversation: 'traced' })
    await others.flushLangSmith()
    await eventually('a run of a tool in LangSmith', () =>
      langSmith.requests.some(({ body }) => body.includes('"run_type":"tool"')),
    )
    const execution = telemetry.expectExecution('a')
    expect(execution).toMatchObject({ tools: ['look'], tokens: billed() })
    expect(execution.attributes['gen_ai.conversation.id']).toBe('traced')
  })

  test('langchain: an answer from its cache is not billed', async () => {
    provider.restart([answer('done')])
    const ask = others.cachedModel(provider)
    await instrumentAgent(ask, { name: 'asks', logger: false })()
    await instrumentAgent(ask, { name: 'asks from cache', logger: false })()
    expect(telemetry.expectExecution('asks').tokens).toEqual(billed())
    expect(telemetry.expectExecution('asks from cache').tokens).toEqual(noTokens)
    const askKnown = others.cachedModel(provider, others.sharedCache())
    expect(await instrumentAgent(askKnown, { name: 'asks from a shared cache', logger: false })()).toBe('known')
    expect(telemetry.expectExecution('asks from a shared cache').tokens).toEqual(noTokens)
    expect(await telemetry.sum('agent.model.calls')).toBe(1)
  })

  test('langgraph: a tool that waits for a person has not failed', async () => {
    provider.restart([toolCalls({ name: 'approve', input: {} }), answer('done')])
    expect(await instrumentAgent(() => others.interruptedAgent(provider), { name: 'a', logger: false })()).toBe(1)
    expect(telemetry.spans('execute_tool approve')).toMatchObject([{ status: { code: 0 } }])
  })
})
