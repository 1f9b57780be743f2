import { AgentInstrumentation } from '@swarmwatch/instrumentation'
import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import { startTestTelemetry, type RecordedSpan, type TestTelemetry } from '@swarmwatch/testing'
import { eventually } from '@swarmwatch/testkit'
import { answer, failure, held, openModelProvider, toolCalls, type ModelProvider } from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { agentsToTest, type AgentOptions, type Tool } from './agents-to-test.ts'

// Enabled before the frameworks are loaded, as with --import
const instrumentation = new AgentInstrumentation({ frameworks: ['ai-sdk', 'openai-agents', 'langchain'], warn: () => {} })
const { agentsWithTools } = await agentsToTest()
const names = Object.keys(agentsWithTools)
const cases = names.flatMap((name) => [
  { name, isStream: false, kind: 'plain' },
  { name, isStream: true, kind: 'stream' },
])

/** The tools of `ai` 6 are not called inside anything. */
const nests = ({ name }: { readonly name: string }): boolean => name !== 'ai 6'
const sunny = async (): Promise<string> => 'sunny'

describe.skipIf(names.length === 0)('an agent of', () => {
  let telemetry: TestTelemetry
  let provider: ModelProvider
  beforeAll(async () => {
    telemetry = await startTestTelemetry()
    provider = await openModelProvider()
  })
  beforeEach(() => telemetry.reset())
  afterAll(async () => {
    instrumentation.disable()
    await telemetry?.shutdown()
    await provider?.close()
  })

  /** Runs an agent whose model asks for all these tools at once and then answers. */
  const run = (name: string, tools: Readonly<Record<string, Tool>>, options: Partial<AgentOptions> = {}): Promise<string> => {
    provider.restart([toolCalls(...Object.keys(tools).map((tool) => ({ name: tool, input: { place: 'Bern' } }))), answer('done')])
    return instrumentAgent(() => agentsWithTools[name]!({ provider, tools, ...options }), { name: 'a', logger: false })()
  }
  const toolSpan = (tool: string): RecordedSpan => {
    const found = telemetry.spans(`execute_tool ${tool}`)
    expect(found).toHaveLength(1)
    return found[0]!
  }

  test.for(cases)('$name, $kind: reports each tool call once; a failed one fails no run', async ({ name, isStream }) => {
    const broken = async (): Promise<never> => {
      throw new TypeError('no such place')
    }
    expect(await run(name, { look: sunny, broken }, { isStream })).toBe('done')

    const errorType = name.startsWith('openai agents') ? 'tool_error' : 'TypeError'
    const execution = telemetry.expectExecution('a', { outcome: 'success', attempts: 1 })
    expect(execution.tools.toSorted()).toEqual(['broken', 'look'])
    expect(execution.attributes['swarmwatch.tool.calls']).toBe(2)
    const shared = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.type': 'function', 'gen_ai.agent.name': 'a' }
    expect(toolSpan('look')).toMatchObject({ attributes: shared, status: { code: 0 } })
    expect(toolSpan('broken')).toMatchObject({ attributes: { ...shared, 'error.type': errorType }, status: { code: 2 } })
    const durations = (labels: object): Promise<number> => telemetry.sum('gen_ai.execute_tool.duration', { ...labels })
    expect(await durations({ 'gen_ai.tool.name': 'look' })).toBe(1)
    expect(await durations({ 'gen_ai.tool.name': 'broken', 'error.type': errorType })).toBe(1)
    expect(await durations({})).toBe(2)
  })

  test.for(cases.filter(({ name }) => !name.startsWith('openai agents')))(
    '$name, $kind: reports the id of the tool call in the answer of the model',
    async ({ name, isStream }) => {
      await run(name, { look: sunny }, { isStream })
      const [, second] = provider.requests
      expect(JSON.stringify(second?.json)).toMatch(`call_id":"${String(toolSpan('look').attributes['gen_ai.tool.call.id'])}"`)
    },
  )

  test.for(cases.filter(nests))('$name, $kind: what a tool calls is below its span', async ({ name, isStream }) => {
    const helper = instrumentTool(sunny, { name: 'helper' })
    const look = async (): Promise<string> => {
      await new Promise(setImmediate)
      return helper()
    }
    const other = async (): Promise<string> => 'rainy'
    await run(name, { other, look }, { isStream })
    expect(toolSpan('helper').parentSpanContext?.spanId).toBe(toolSpan('look').spanContext().spanId)
    expect(toolSpan('look').parentSpanContext?.spanId).toBe(toolSpan('other').parentSpanContext?.spanId)
  })

  test.for(cases)('$name, $kind: a tool with instrumentTool() is still one call', async ({ name, isStream }) => {
    await run(name, { look: instrumentTool(sunny, { name: 'look' }) }, { isStream })
    expect(telemetry.expectExecution('a').tools).toEqual(['look'])
    expect(await telemetry.sum('gen_ai.execute_tool.duration', {})).toBe(1)
  })

  test.for(cases.filter(({ name }) => !name.startsWith('ai')))(
    '$name, $kind: the run and its model calls have the id of the conversation',
    async ({ name, isStream }) => {
      await run(name, { look: sunny }, { isStream, conversation: 'c-1' })
      expect(telemetry.expectExecution('a').attributes['gen_ai.conversation.id']).toBe('c-1')
      expect(telemetry.spans('chat m').map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(['c-1', 'c-1'])
    },
  )

  test.for(cases.filter(({ name }) => name === 'ai'))(
    '$name, $kind: tries that the framework repeats are one model call, without the wire',
    async ({ name, isStream }) => {
      const recovery = { maxRetries: 0 }
      const agent = instrumentAgent(() => agentsWithTools[name]!({ provider, tools: {}, isStream }), {
        name: 'a',
        logger: false,
        recovery,
      })
      const tooMany = failure(429, { retryAfterSeconds: 0 })
      provider.restart([tooMany, answer('done')])
      expect(await agent()).toBe('done')
      expect(telemetry.spans('chat m')).toMatchObject([{ status: { code: 0 } }])
      provider.restart([tooMany])
      await agent().catch(() => {})
      expect(telemetry.spans('chat m')).toMatchObject([{ status: { code: 0 } }, { attributes: { 'error.type': '429' } }])
      expect(await telemetry.sum('agent.model.calls', { 'agent.name': 'a' })).toBe(2)
    },
  )

  test.for(cases.filter(({ name }) => name === 'ai' || name === 'langgraph'))(
    '$name, $kind: a model call that the caller aborts is cancelled, without the wire',
    async ({ name, isStream }) => {
      const caller = new AbortController()
      provider.restart([held(isStream ? 1 : 0)])
      const options = { provider, tools: {}, isStream, signal: caller.signal }
      const running = instrumentAgent(() => agentsWithTools[name]!(options), {
        name: 'a',
        logger: false,
        recovery: { maxRetries: 0 },
      })()
      await eventually('the request', () => provider.requests.length === 1)
      caller.abort()
      await running.catch(() => {})
      const [span] = await eventually('the model call', () => telemetry.spans('chat m').length === 1 && telemetry.spans('chat m'))
      expect(span?.attributes['error.type']).toBe('cancelled')
    },
  )

  test.for(cases)('$name, $kind: reports the tokens that the provider billed, once', async ({ name, isStream }) => {
    await run(name, { look: sunny }, { isStream })
    const { inputTokens: input, outputTokens: output, cacheReadInputTokens: cachedInputTokens } = provider.billed()
    expect(telemetry.expectExecution('a')).toMatchObject({ tokens: { input, output }, cachedInputTokens, modelCalls: 2 })
  })
})
