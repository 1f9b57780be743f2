// Agents as users write them with each framework. Plain JavaScript: the frameworks are not there when types are checked

import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { ChatOpenAI } from '@langchain/openai'
import { Mastra } from '@mastra/core'
import { Agent as MastraAgent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import { Agent, OpenAIChatCompletionsModel, run, tool as agentsTool } from '@openai/agents'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { generateText as generateText6, stepCountIs, streamText as streamText6, tool as tool6 } from 'ai-6'
import { createOpenAI as createOpenAI6 } from 'ai-sdk-openai-6'
import { createAgent, tool as langchainTool } from 'langchain'
import OpenAI from 'openai'
import { z } from 'zod'

const question = 'question-marker'
const instructions = 'instructions-marker'
const messages = [{ role: 'user', content: question }]
const place = z.object({ place: z.string() })
const look = async () => 'result-marker'
const description = 'Returns the weather of a place.'

/** Returns the text that `textOf` finds in the chunks of a stream. Reads to its end, or until `onText` returns false for a text. */
async function readAll(stream, onText = () => true, textOf = (chunk) => chunk) {
  let text = ''
  for await (const chunk of stream) {
    const more = textOf(chunk) ?? ''
    text += more
    if (more !== '' && onText() === false) break
  }
  return text
}

const openaiClient = ({ openaiUrl, maxRetries }) => new OpenAI({ baseURL: openaiUrl, apiKey: 'key-marker', maxRetries })
const anthropicClient = ({ url, maxRetries }) => new Anthropic({ baseURL: url, apiKey: 'key-marker', maxRetries })
const aiModel = ({ openaiUrl }) => createOpenAI({ baseURL: openaiUrl, apiKey: 'key-marker' }).chat('m')

const ai = (provider, signal) => ({
  model: aiModel(provider),
  instructions,
  prompt: question,
  tools: { look: tool({ description, inputSchema: place, execute: look }) },
  stopWhen: isStepCount(5),
  abortSignal: signal,
  maxRetries: provider.maxRetries,
})

const ai6 = ({ openaiUrl, maxRetries }, signal) => ({
  model: createOpenAI6({ baseURL: openaiUrl, apiKey: 'key-marker' }).chat('m'),
  system: instructions,
  prompt: question,
  tools: { look: tool6({ description, inputSchema: place, execute: look }) },
  stopWhen: stepCountIs(5),
  abortSignal: signal,
  maxRetries,
})

const agents = (provider) =>
  new Agent({
    name: 'a',
    instructions,
    model: new OpenAIChatCompletionsModel(openaiClient(provider), 'm'),
    tools: [agentsTool({ name: 'look', description, parameters: place, execute: look })],
  })

const langgraph = ({ openaiUrl }) =>
  createAgent({
    model: new ChatOpenAI({ model: 'm', apiKey: 'key-marker', maxRetries: 0, configuration: { baseURL: openaiUrl } }),
    tools: [langchainTool(look, { name: 'look', description, schema: place })],
    systemPrompt: instructions,
  })

const gemini = ({ url }) => new GoogleGenAI({ apiKey: 'key-marker', httpOptions: { baseUrl: url } }).models
const geminiRequest = (signal) => ({ model: 'm', contents: question, config: { abortSignal: signal } })

const mastra = (provider) => {
  const agent = new MastraAgent({
    id: 'a',
    name: 'a',
    instructions,
    model: aiModel(provider),
    tools: { look: createTool({ id: 'look', description, inputSchema: place, execute: look }) },
  })
  return new Mastra({ agents: { a: agent }, logger: false }).getAgent('a')
}

/**
 * Agents by framework. `provider` has the addresses, and `maxRetries` of the client if it is not the client's own. `plain(provider, signal)` resolves with the text; `stream(provider, signal)` returns what a user would return
 * from an agent, and `read(result, onText)` is the caller that reads its text. With `isReadOn`, a stream that its caller has left continues to its end. With
 * `hasTools`, the agent calls the tool `look` when
 * the model asks for it.
 */
export const frameworks = {
  ai: {
    hasTools: true,
    isReadOn: true,
    plain: async (provider, signal) => (await generateText(ai(provider, signal))).text,
    stream: (provider, signal) => streamText({ ...ai(provider, signal), onError() {} }),
    read: async (result, onText) => readAll(result.textStream, onText),
  },
  'ai 6': {
    hasTools: true,
    isReadOn: true,
    plain: async (provider, signal) => (await generateText6(ai6(provider, signal))).text,
    stream: (provider, signal) => streamText6({ ...ai6(provider, signal), onError() {} }),
    read: async (result, onText) => readAll(result.textStream, onText),
  },
  'openai chat': {
    hasTools: false,
    async plain(provider, signal) {
      const completion = await openaiClient(provider).chat.completions.create({ model: 'm', messages }, { signal })
      return completion.choices[0].message.content
    },
    stream: (provider, signal) =>
      openaiClient(provider).chat.completions.create(
        { model: 'm', messages, stream: true, stream_options: { include_usage: true } },
        { signal },
      ),
    read: (result, onText) => readAll(result, onText, (chunk) => chunk.choices[0]?.delta.content),
  },
  'openai responses': {
    hasTools: false,
    plain: async (provider, signal) =>
      (await openaiClient(provider).responses.create({ model: 'm', input: question }, { signal })).output_text,
    stream: (provider, signal) =>
      openaiClient(provider).responses.create({ model: 'm', input: question, stream: true }, { signal }),
    read: (result, onText) =>
      readAll(result, onText, (event) => (event.type === 'response.output_text.delta' ? event.delta : '')),
  },
  'openai agents': {
    hasTools: true,
    plain: async (provider, signal) => (await run(agents(provider), question, { signal })).finalOutput,
    stream: (provider, signal) => run(agents(provider), question, { stream: true, signal }),
    read: (result, onText) => readAll(result.toTextStream(), onText),
  },
  langgraph: {
    hasTools: true,
    async plain(provider, signal) {
      const state = await langgraph(provider).invoke({ messages }, { signal })
      return state.messages.at(-1).content
    },
    stream: (provider, signal) => langgraph(provider).stream({ messages }, { streamMode: 'messages', signal }),
    read: (result, onText) => readAll(result, onText, ([message]) => (message.getType() === 'ai' ? message.content : '')),
  },
  anthropic: {
    hasTools: false,
    async plain(provider, signal) {
      const message = await anthropicClient(provider).messages.create({ model: 'm', max_tokens: 99, messages }, { signal })
      return message.content[0].text
    },
    stream: (provider, signal) =>
      anthropicClient(provider).messages.create({ model: 'm', max_tokens: 99, messages, stream: true }, { signal }),
    read: (result, onText) => readAll(result, onText, (event) => event.delta?.text),
  },
  gemini: {
    hasTools: false,
    plain: async (provider, signal) => (await gemini(provider).generateContent(geminiRequest(signal))).text,
    stream: (provider, signal) => gemini(provider).generateContentStream(geminiRequest(signal)),
    read: (result, onText) => readAll(result, onText, (chunk) => chunk.text),
  },
  mastra: {
    hasTools: true,
    isReadOn: true,
    plain: async (provider, signal) => (await mastra(provider).generate(question, { abortSignal: signal })).text,
    stream: (provider, signal) => mastra(provider).stream(question, { abortSignal: signal }),
    read: async (result, onText) => readAll(result.textStream, onText),
  },
}
