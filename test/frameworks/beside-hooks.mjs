// What others register in the same frameworks, for tests of the sources next to it. Plain JavaScript, see frameworks.mjs

import { OpenTelemetry } from '@ai-sdk/otel'
import { InMemoryCache } from '@langchain/core/caches'
import { awaitAllCallbacks } from '@langchain/core/callbacks/promises'
import { AIMessage } from '@langchain/core/messages'
import { interrupt, MemorySaver } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import { setTraceProcessors, setTracingDisabled } from '@openai/agents'
import { registerTelemetry } from 'ai'
import { createAgent, tool as langchainTool } from 'langchain'
import { z } from 'zod'

/** Registers an integration of the AI SDK; the returned function removes it. */
export function registerInAi(integration) {
  registerTelemetry(integration)
  return () => {
    const list = globalThis.AI_SDK_TELEMETRY_INTEGRATIONS
    list.splice(list.indexOf(integration), 1)
  }
}

/** Registers `@ai-sdk/otel`; the returned function removes it. */
export function registerAiSdkOtel() {
  return registerInAi(new OpenTelemetry())
}

/** Turns tracing of OpenAI Agents on, with a processor that keeps the types of the spans that end; the returned function turns it off. */
export function traceOpenAIAgents(types) {
  setTracingDisabled(false)
  setTraceProcessors([
    {
      onTraceStart: async () => {},
      onTraceEnd: async () => {},
      onSpanStart: async () => {},
      onSpanEnd: async (span) => types.push(span.spanData.type),
      shutdown: async () => {},
      forceFlush: async () => {},
    },
  ])
  return () => {
    setTraceProcessors([])
    setTracingDisabled(true)
  }
}

/** Returns a function that asks a model of LangChain the same question each time, through a cache. @default a cache in memory */
export function cachedModel(provider, cache = new InMemoryCache()) {
  const model = new ChatOpenAI({ model: 'm', apiKey: 'key-marker', cache, configuration: { baseURL: provider.openaiUrl } })
  return async () => (await model.invoke('the same')).content
}

/** A cache that already contains every answer, as one that processes share. */
export function sharedCache() {
  const usage_metadata = { input_tokens: 7, output_tokens: 3, total_tokens: 10 }
  const message = new AIMessage({ content: 'known', id: 'response of another process', usage_metadata })
  return { lookup: async () => [{ text: 'known', message }], update: async () => {} }
}

/** Runs an agent of LangGraph whose tool waits for a person, which LangGraph does by throwing. */
export async function interruptedAgent(provider) {
  const approve = langchainTool(() => interrupt('may I?'), {
    name: 'approve',
    description: 'Asks a person.',
    schema: z.object({}),
  })
  const model = new ChatOpenAI({ model: 'm', apiKey: 'key-marker', configuration: { baseURL: provider.openaiUrl } })
  const agent = createAgent({ model, tools: [approve], checkpointer: new MemorySaver() })
  const state = await agent.invoke(
    { messages: [{ role: 'user', content: 'q' }] },
    { configurable: { thread_id: 'thread of a person' } },
  )
  return state.__interrupt__?.length
}

/** Sends what LangSmith has not sent yet. */
export async function flushLangSmith() {
  await awaitAllCallbacks()
}
