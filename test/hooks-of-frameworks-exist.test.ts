import { answer, failure, held, openModelProvider, toolCalls, type ModelProvider } from '@swarmwatch/testkit/providers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

// Each test names one thing of a framework that a source of @swarmwatch/instrumentation depends on

interface Setting {
  readonly provider: ModelProvider
  readonly askForTool: () => void
  readonly fail: () => void
  readonly hold: () => void
}

interface Recorded {
  readonly isInList: boolean
  readonly events: Readonly<Record<string, unknown>>
}

interface Contracts {
  eventsOfAi7(names: readonly string[], setting: Setting): Promise<Recorded>
  eventsOfAi6(names: readonly string[], setting: Setting): Promise<Recorded>
  spansOfOpenAIAgents(setting: Setting): Promise<{
    readonly spans: Readonly<Record<string, object>>
    readonly stores: Readonly<Record<string, object>>
    readonly traceOfStore: unknown
  }>
  callbacksOfLangChain(setting: Setting): Promise<{
    readonly variables: object
    readonly calls: Readonly<Record<string, unknown[]>>
    readonly endFromCache: unknown[]
    readonly childConfig: unknown
    readonly toolRunId: unknown
  }>
}

const modelUsage = [
  'usage.inputTokens',
  'usage.outputTokens',
  'usage.inputTokenDetails.cacheReadTokens',
  'usage.outputTokenDetails.reasoningTokens',
]

/** Events of `ai` 7 with the properties that are read. */
const eventsOf7 = {
  executeTool: ['execute', 'callId', 'toolCallId', 'toolCall.toolName', 'toolCall.input'],
  onToolExecutionEnd: ['callId', 'toolCall.toolCallId', 'toolOutput.output'],
  executeLanguageModelCall: ['execute', 'callId', 'provider', 'modelId'],
  onLanguageModelCallEnd: ['callId', 'modelId', 'responseId', 'finishReason', 'performance.timeToFirstOutputMs', ...modelUsage],
  onObjectStepStart: ['callId', 'provider', 'modelId'],
  onObjectStepEnd: ['callId', 'response.id', 'response.modelId', 'finishReason', ...modelUsage],
  onEmbedStart: ['callId', 'embedCallId', 'provider', 'modelId'],
  onEmbedEnd: ['callId', 'embedCallId', 'usage.tokens'],
  onStepError: ['callId', 'error'],
  onError: ['callId', 'error'],
  onAbort: ['callId'],
}

const eventsOf6 = {
  onToolCallStart: ['toolCall.toolName', 'toolCall.toolCallId'],
  onToolCallFinish: ['toolCall.toolCallId', 'success', 'output'],
  onStepStart: ['stepNumber', 'model.provider', 'model.modelId'],
  onStepFinish: [
    'stepNumber',
    'model.provider',
    'model.modelId',
    'response.id',
    'response.modelId',
    'finishReason',
    ...modelUsage,
  ],
}

const chatUsage = [
  'prompt_tokens',
  'completion_tokens',
  'prompt_tokens_details.cached_tokens',
  'completion_tokens_details.reasoning_tokens',
]
const responsesUsage = [
  'input_tokens',
  'output_tokens',
  'input_tokens_details.cached_tokens',
  'output_tokens_details.reasoning_tokens',
]
const spanMethods = ['start', 'end', 'setError']

/** Spans of OpenAI Agents by type. */
const spans = {
  function: [...spanMethods, 'spanData.name'],
  generation: [
    ...spanMethods,
    'spanData.model',
    'spanData.output.0.id',
    'spanData.output.0.model',
    'spanData.output.0.choices.0.finish_reason',
    ...chatUsage.map((name) => `spanData.output.0.usage.${name}`),
  ],
  response: [
    ...spanMethods,
    'spanData.response_id',
    'spanData._response.model',
    ...responsesUsage.map((name) => `spanData._response.usage.${name}`),
  ],
}

/** Callbacks of LangChain with the positions of their arguments. */
const callbacks = {
  handleToolStart: ['1', '2', '6', '7'],
  handleToolEnd: ['0', '1'],
  handleToolError: ['0.message', '1'],
  handleChatModelStart: ['2', '4.invocation_params.model', '6.ls_provider'],
  handleLLMEnd: [
    '0.generations.0.0.message.id',
    '0.generations.0.0.message.response_metadata.model_name',
    '0.generations.0.0.message.response_metadata.finish_reason',
    '0.generations.0.0.message.usage_metadata.input_tokens',
    '0.generations.0.0.message.usage_metadata.output_tokens',
    '0.generations.0.0.message.usage_metadata.input_token_details.cache_read',
    '0.generations.0.0.message.usage_metadata.output_token_details.reasoning',
    '1',
  ],
}

/** Returns the value of a path such as `usage.tokens`. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, key) => (found as Record<string, unknown> | null | undefined)?.[key], value)
}

/** Each event with each of its properties. */
const rows = (events: Readonly<Record<string, readonly string[]>>): [name: string, path: string][] =>
  Object.entries(events).flatMap(([name, paths]) => paths.map((path): [string, string] => [name, path]))

const whyNot = await installFrameworks()

describe.skipIf(whyNot !== undefined)('upstream', () => {
  let provider: ModelProvider
  let contracts: Contracts
  let setting: Setting
  beforeAll(async () => {
    provider = await openModelProvider()
    setting = {
      provider,
      askForTool: () => provider.restart([toolCalls({ name: 'look', input: { place: 'Bern' } }), answer('done')]),
      fail: () => provider.restart([failure(400)]),
      hold: () => provider.restart([held(1)]),
    }
    contracts = (await import(new URL('frameworks/hook-contracts.mjs', import.meta.url).href)) as Contracts
  })
  afterAll(() => provider?.close())

  describe('ai 7', () => {
    let recorded: Recorded
    beforeAll(async () => {
      recorded = await contracts.eventsOfAi7(Object.keys(eventsOf7), setting)
    })
    afterAll(() => Reflect.deleteProperty(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS'))

    test('keeps its integrations in globalThis.AI_SDK_TELEMETRY_INTEGRATIONS', () => expect(recorded.isInList).toBe(true))
    test.for(rows(eventsOf7))('calls %s with %s', ([name, path]) => {
      expect(Object.keys(recorded.events)).toContain(name)
      expect(at(recorded.events[name], path)).toBeDefined()
    })
  })

  describe('ai 6', () => {
    let recorded: Recorded
    beforeAll(async () => {
      recorded = await contracts.eventsOfAi6(Object.keys(eventsOf6), setting)
    })
    afterAll(() => Reflect.deleteProperty(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS'))

    test('keeps its integrations in globalThis.AI_SDK_TELEMETRY_INTEGRATIONS', () => expect(recorded.isInList).toBe(true))
    test('has no callId in the events of steps, so they can be distinguished from those of version 7', () =>
      expect(at(recorded.events['onStepFinish'], 'callId')).toBeUndefined())
    test.for(rows(eventsOf6))('calls %s with %s', ([name, path]) => {
      expect(Object.keys(recorded.events)).toContain(name)
      expect(at(recorded.events[name], path)).toBeDefined()
    })
  })

  describe('@openai/agents', () => {
    let recorded: Awaited<ReturnType<Contracts['spansOfOpenAIAgents']>>
    beforeAll(async () => {
      recorded = await contracts.spansOfOpenAIAgents(setting)
    })

    test('creates every span with createSpan() of the global openai.agents.core.traceProvider', () =>
      expect(Object.keys(recorded.spans)).toEqual(expect.arrayContaining(Object.keys(spans))))
    test('creates the span of a tool inside run() of the global openai.agents.core.asyncLocalStorage', () =>
      expect(recorded.stores['function']).toMatchObject({ active: true, span: recorded.spans['function'] }))
    test('creates a trace with createTrace({ groupId }) and calls run({ trace }) of that storage', () =>
      expect(recorded.traceOfStore).toMatchObject({ groupId: 'group' }))
    test.for(rows(spans))('has in a span of type %s: %s', ([type, path]) => expect(at(recorded.spans[type], path)).toBeDefined())
  })

  describe('@langchain/core', () => {
    let recorded: Awaited<ReturnType<Contracts['callbacksOfLangChain']>>
    beforeAll(async () => {
      recorded = await contracts.callbacksOfLangChain(setting)
    })

    test('keeps context variables under lc:context_variables of ls:tracing_async_local_storage', () =>
      expect(recorded.variables).toBeDefined())
    test('lists the hooks for handlers in a variable described lc:configure_hooks', () => {
      const key = Object.getOwnPropertySymbols(recorded.variables).find(({ description }) => description === 'lc:configure_hooks')
      expect(key && (recorded.variables as Record<symbol, unknown>)[key]).toEqual([{ contextVar: 'mine' }])
    })
    test('calls a tool with the config of its run under lc:child_config', () => {
      expect(recorded.childConfig).toMatchObject({ configurable: { thread_id: 'thread' } })
      expect(at(recorded.childConfig, 'callbacks._parentRunId')).toBe(recorded.toolRunId)
    })
    test('marks the end of a call that its cache answers with cached', () =>
      expect(at(recorded.endFromCache, '4.cached')).toBe(true))
    test.for(rows(callbacks))('calls %s with argument %s', ([name, path]) => expect(at(recorded.calls[name], path)).toBeDefined())
  })
})
