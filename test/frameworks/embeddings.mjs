// An agent that embeds a text. Plain JavaScript: see frameworks.mjs

import OpenAI from 'openai'

export const embed = ({ openaiUrl }) =>
  new OpenAI({ baseURL: openaiUrl, apiKey: 'key-marker' }).embeddings.create({ model: 'e', input: 'question-marker' })
