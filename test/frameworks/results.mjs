// Results of one model call, as each framework returns them. Plain JavaScript: the frameworks are not there when types are checked

import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { ChatOpenAI } from '@langchain/openai'
import { Agent as MastraAgent } from '@mastra/core/agent'
import { Agent, OpenAIChatCompletionsModel, run } from '@openai/agents'
import { generateText } from 'ai'
import { generateText as generateText6 } from 'ai-6'
import { createOpenAI as createOpenAI6 } from 'ai-sdk-openai-6'
import { createAgent } from 'langchain'
import OpenAI from 'openai'

const messages = [{ role: 'user', content: 'question' }]
const apiKey = 'key'

/** Returns a call by framework; `url` is that of a server that answers in the format of every provider. */
export function resultsOf(url) {
  const openaiUrl = `${url}/v1`
  const client = new OpenAI({ baseURL: openaiUrl, apiKey, maxRetries: 0 })
  const chat = createOpenAI({ baseURL: openaiUrl, apiKey }).chat('m')
  const langchain = new ChatOpenAI({ model: 'm', apiKey, maxRetries: 0, configuration: { baseURL: openaiUrl } })
  const instructions = 'instructions'
  return {
    ai: () => generateText({ model: chat, prompt: 'question', maxRetries: 0 }),
    'ai 6': () =>
      generateText6({ model: createOpenAI6({ baseURL: openaiUrl, apiKey }).chat('m'), prompt: 'question', maxRetries: 0 }),
    'openai, chat': () => client.chat.completions.create({ model: 'm', messages }),
    'openai, responses': () => client.responses.create({ model: 'm', input: 'question' }),
    'openai agents': () =>
      run(new Agent({ name: 'a', instructions, model: new OpenAIChatCompletionsModel(client, 'm') }), 'question'),
    anthropic: () =>
      new Anthropic({ baseURL: url, apiKey, maxRetries: 0 }).messages.create({ model: 'm', max_tokens: 9, messages }),
    gemini: () =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } }).models.generateContent({ model: 'm', contents: 'question' }),
    langchain: () => langchain.invoke('question'),
    langgraph: () => createAgent({ model: langchain, tools: [] }).invoke({ messages }),
    mastra: () => new MastraAgent({ id: 'a', name: 'a', instructions, model: chat }).generate('question'),
  }
}
