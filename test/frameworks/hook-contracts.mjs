// Shows what the sources of @swarmwatch/instrumentation depend on in the real packages. Plain JavaScript, see frameworks.mjs

import { createOpenAI } from '@ai-sdk/openai'
import { InMemoryCache } from '@langchain/core/caches'
import { registerConfigureHook } from '@langchain/core/context'
import { ChatOpenAI } from '@langchain/openai'
import { embed, generateObject, registerTelemetry, streamText } from 'ai'
import { registerTelemetryIntegration } from 'ai-6'
import { tool as langchainTool } from 'langchain'
import { z } from 'zod'

import { agentsWithTools } from './agents-with-tools.mjs'

const tools = { look: async () => 'sunny' }
const swallow = () => {}

/** Makes an integration of the AI SDK that keeps the last event of each name. */
function recordingIntegration(names) {
  const events = {}
  const integration = Object.fromEntries(
    names.map((name) => [
      name,
      (event) => {
        events[name] = event
        return event.execute?.()
      },
    ]),
  )
  return { events, integration }
}

/** Calls everything of `ai` 7 that has an event of `names`, with an integration that is registered as its documentation shows. */
export async function eventsOfAi7(names, { provider, askForTool, fail, hold }) {
  const { events, integration } = recordingIntegration(names)
  registerTelemetry(integration)
  const isInList = globalThis.AI_SDK_TELEMETRY_INTEGRATIONS?.includes(integration) === true
  const openai = createOpenAI({ baseURL: provider.openaiUrl, apiKey: 'key-marker' })
  askForTool()
  await agentsWithTools.ai({ provider, tools, isStream: true })
  await generateObject({ model: openai.chat('m'), prompt: 'p', schema: z.object({}) }).catch(swallow)
  await embed({ model: openai.embedding('e'), value: 'text' })
  fail()
  await streamText({ model: openai.chat('m'), prompt: 'p', maxRetries: 0, onError: swallow }).consumeStream()
  hold()
  const leaving = new AbortController()
  const held = streamText({ model: openai.chat('m'), prompt: 'p', abortSignal: leaving.signal })
  for await (const _ of held.textStream) leaving.abort()
  await held.consumeStream()
  return { isInList, events }
}

/** The same for `ai` 6. */
export async function eventsOfAi6(names, { provider, askForTool }) {
  const { events, integration } = recordingIntegration(names)
  registerTelemetryIntegration(integration)
  const isInList = globalThis.AI_SDK_TELEMETRY_INTEGRATIONS?.includes(integration) === true
  askForTool()
  await agentsWithTools['ai 6']({ provider, tools })
  return { isInList, events }
}

/** Runs both models of OpenAI Agents; returns the last span of each type with the store it was created in, and the options of the trace. */
export async function spansOfOpenAIAgents({ provider, askForTool }) {
  // The first run creates the storage
  askForTool()
  await agentsWithTools['openai agents']({ provider, tools })
  const traceProvider = globalThis[Symbol.for('openai.agents.core.traceProvider')] ?? {}
  const storage = globalThis[Symbol.for('openai.agents.core.asyncLocalStorage')] ?? {}
  const spans = {}
  const stores = {}
  const traces = new Map()
  const { createSpan, createTrace } = traceProvider
  traceProvider.createSpan = (...args) => {
    const span = createSpan.apply(traceProvider, args)
    spans[args[0].data.type] = span
    stores[args[0].data.type] = { ...storage.getStore?.() }
    return span
  }
  traceProvider.createTrace = (...args) => {
    const trace = createTrace.apply(traceProvider, args)
    traces.set(trace, args[0])
    return trace
  }
  const { run } = storage
  let traceOfStore
  storage.run = (store, ...args) => {
    traceOfStore ??= traces.get(store?.trace)
    return run.call(storage, store, ...args)
  }
  for (const name of ['openai agents', 'openai agents, responses']) {
    askForTool()
    await agentsWithTools[name]({ provider, tools, conversation: 'group' })
  }
  delete traceProvider.createSpan
  delete traceProvider.createTrace
  delete storage.run
  return { spans, stores, traceOfStore }
}

/** Runs LangChain and returns the arguments of its callbacks and what its storage contains. */
export async function callbacksOfLangChain({ provider, askForTool }) {
  const storage = globalThis[Symbol.for('ls:tracing_async_local_storage')]
  const variables = await storage?.run(undefined, async () => {
    registerConfigureHook({ contextVar: 'mine' })
    return storage.getStore()?.[Symbol.for('lc:context_variables')]
  })
  const calls = {}
  const handler = { name: 'recorder', awaitHandlers: true }
  let endFromCache
  for (const name of ['handleToolStart', 'handleToolEnd', 'handleToolError', 'handleChatModelStart', 'handleLLMEnd']) {
    handler[name] = (...args) => {
      calls[name] ??= args
      endFromCache = args
    }
  }
  let childConfig
  const look = async () => {
    childConfig = storage.getStore()?.extra?.[Symbol.for('lc:child_config')]
    return 'sunny'
  }
  askForTool()
  await agentsWithTools.langgraph({ provider, tools: { look }, callbacks: [handler], conversation: 'thread' })
  const [, , toolRunId] = calls.handleToolStart
  const failing = langchainTool(() => Promise.reject(new Error('no')), { name: 'failing', schema: z.object({}) })
  await failing.invoke({}, { callbacks: [handler] }).catch(swallow)
  const cached = new ChatOpenAI({
    model: 'm',
    apiKey: 'key-marker',
    cache: new InMemoryCache(),
    configuration: { baseURL: provider.openaiUrl },
  })
  await cached.invoke('the same')
  await cached.invoke('the same', { callbacks: [handler] })
  return { variables, calls, endFromCache, childConfig, toolRunId }
}
