// Ways in which agents return streams, and callers read them. Plain JavaScript: see frameworks.mjs

import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { ChatOpenAI } from '@langchain/openai'
import { Mastra } from '@mastra/core'
import { Agent as MastraAgent } from '@mastra/core/agent'
import { Agent, OpenAIResponsesModel, run } from '@openai/agents'
import { experimental_streamTextLowMemory, streamObject, streamText, ToolLoopAgent } from 'ai'
import { streamText as streamText6 } from 'ai-6'
import { createOpenAI as createOpenAI6 } from 'ai-sdk-openai-6'
import { createAgent } from 'langchain'
import OpenAI from 'openai'
import { z } from 'zod'

const messages = [{ role: 'user', content: 'question' }]
const quiet = { maxRetries: 0, onError() {} }

async function readAll(stream, textOf = (chunk) => chunk) {
  let text = ''
  for await (const chunk of stream) text += textOf(chunk) ?? ''
  return text
}
const readBytes = async (stream) => Buffer.from(await new Response(stream).arrayBuffer()).toString()

const openai = ({ openaiUrl }) => new OpenAI({ baseURL: openaiUrl, apiKey: 'k', maxRetries: 0 })
const anthropic = ({ url }) => new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0 })
const model = ({ openaiUrl }) => createOpenAI({ baseURL: openaiUrl, apiKey: 'k' }).chat('m')
const model6 = ({ openaiUrl }) => createOpenAI6({ baseURL: openaiUrl, apiKey: 'k' }).chat('m')
const chat = { model: 'm', messages }
const message = { model: 'm', max_tokens: 9, messages }
const agents = (provider) => new Agent({ name: 'a', model: new OpenAIResponsesModel(openai(provider), 'm') })
const graph = ({ openaiUrl }) =>
  createAgent({
    model: new ChatOpenAI({ model: 'm', apiKey: 'k', maxRetries: 0, configuration: { baseURL: openaiUrl } }),
    tools: [],
  })
const mastra = (provider) => {
  const agent = new MastraAgent({ id: 'a', name: 'a', instructions: 'i', model: model(provider), maxRetries: 0 })
  return new Mastra({ agents: { a: agent }, logger: false }).getAgent('a')
}

/** By framework and use: the agent's function, and the caller, which returns the text of the answer. */
export const streams = {
  'ai: textStream': [(of) => streamText({ ...quiet, model: model(of), messages }), (result) => readAll(result.textStream)],
  'ai: text only': [(of) => streamText({ ...quiet, model: model(of), messages }), (result) => result.text],
  'ai: low memory': [
    (of) => experimental_streamTextLowMemory({ ...quiet, model: model(of), messages }),
    (result) => readAll(result.textStream),
  ],
  'ai: ToolLoopAgent': [
    (of) => new ToolLoopAgent({ model: model(of), maxRetries: 0 }).stream({ prompt: 'question' }),
    (result) => readAll(result.fullStream, (part) => part.text),
  ],
  'ai: streamObject': [
    (of) => streamObject({ ...quiet, model: model(of), messages, schema: z.object({ text: z.string() }) }),
    (result) => readAll(result.partialObjectStream, (part) => JSON.stringify(part)),
  ],
  'ai: Response for a browser': [
    (of) => streamText({ ...quiet, model: model(of), messages }).toUIMessageStreamResponse(),
    (response) => response.text(),
  ],
  'ai 6: textStream': [(of) => streamText6({ ...quiet, model: model6(of), messages }), (result) => readAll(result.textStream)],
  'ai 6: Response': [
    (of) => streamText6({ ...quiet, model: model6(of), messages }).toTextStreamResponse(),
    (response) => response.text(),
  ],
  'openai: chat, tee()': [
    (of) => openai(of).chat.completions.create({ ...chat, stream: true }),
    async (stream) => {
      const [one, other] = await Promise.all(
        stream.tee().map((each) => readAll(each, (chunk) => chunk.choices[0]?.delta.content)),
      )
      return one === other ? one : `${one} and ${other}`
    },
  ],
  'openai: chat, toReadableStream()': [
    (of) => openai(of).chat.completions.create({ ...chat, stream: true }),
    (stream) => readBytes(stream.toReadableStream()),
  ],
  'openai: chat, finalContent()': [(of) => openai(of).chat.completions.stream(chat), (stream) => stream.finalContent()],
  'openai: runTools() without a stream': [
    (of) => openai(of).chat.completions.runTools({ ...chat, tools: [] }),
    (runner) => runner.finalContent(),
  ],
  'openai: responses, finalResponse()': [
    (of) => openai(of).responses.stream({ model: 'm', input: 'question' }),
    async (stream) => (await stream.finalResponse()).output_text,
  ],
  'anthropic: tee()': [
    (of) => anthropic(of).messages.create({ ...message, stream: true }),
    (stream) => readAll(stream.tee()[0], (event) => event.delta?.text),
  ],
  'anthropic: finalMessage()': [
    (of) => anthropic(of).messages.stream(message),
    async (stream) => (await stream.finalMessage()).content[0].text,
  ],
  'anthropic: helper, toReadableStream()': [
    (of) => anthropic(of).messages.stream(message),
    (stream) => readBytes(stream.toReadableStream()),
  ],
  'gemini: chat': [
    ({ url }) =>
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }).chats
        .create({ model: 'm' })
        .sendMessageStream({ message: 'question' }),
    (stream) => readAll(stream, (chunk) => chunk.text),
  ],
  'openai agents: for await': [
    (of) => run(agents(of), 'question', { stream: true }),
    (result) => readAll(result, (event) => (event.data?.type === 'output_text_delta' ? event.data.delta : '')),
  ],
  'openai agents: Node stream': [
    (of) => run(agents(of), 'question', { stream: true }),
    (result) => readAll(result.toTextStream({ compatibleWithNodeStreams: true })),
  ],
  'langgraph: events': [
    (of) => graph(of).streamEvents({ messages }, { version: 'v2' }),
    (stream) => readAll(stream, ({ event, data }) => (event === 'on_chat_model_stream' ? data.chunk.content : '')),
  ],
  'mastra: fullStream': [
    (of) => mastra(of).stream('question'),
    (result) => readAll(result.fullStream, ({ type, payload }) => (type === 'text-delta' ? payload.text : '')),
  ],
  'mastra: text only': [(of) => mastra(of).stream('question'), (result) => result.text],
}
