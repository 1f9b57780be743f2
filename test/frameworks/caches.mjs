// Agents whose framework answers a repeated question from its own cache. Plain JavaScript: see frameworks.mjs

import { createOpenAI } from '@ai-sdk/openai'
import { InMemoryCache } from '@langchain/core/caches'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, wrapLanguageModel } from 'ai'

/** Agents by framework; the one of a provider asks it only once, however often it is called. */
export const cachingAgents = {
  langchain({ openaiUrl }) {
    const model = new ChatOpenAI({
      model: 'm',
      apiKey: 'k',
      maxRetries: 0,
      configuration: { baseURL: openaiUrl },
      cache: new InMemoryCache(),
    })
    return async () => (await model.invoke('question')).content
  },
  ai({ openaiUrl }) {
    const answers = new Map()
    const middleware = {
      specificationVersion: 'v4',
      async wrapGenerate({ doGenerate, params }) {
        const key = JSON.stringify(params.prompt)
        if (!answers.has(key)) answers.set(key, await doGenerate())
        return answers.get(key)
      },
    }
    const model = wrapLanguageModel({ model: createOpenAI({ baseURL: openaiUrl, apiKey: 'k' }).chat('m'), middleware })
    return async () => (await generateText({ model, prompt: 'question' })).text
  },
}
