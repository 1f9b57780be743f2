// Calls models without end, eight at once, half of them broken off within the answer. Plain JavaScript: see frameworks.mjs
// `node many-calls.mjs <address of the provider>`; the provider holds the answers of the model `held`

import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'

await startTelemetry({ serviceName: 'many-calls' })
const { createOpenAI } = await import('@ai-sdk/openai')
const { default: Anthropic } = await import('@anthropic-ai/sdk')
const { streamText } = await import('ai')
const { default: OpenAI } = await import('openai')

const [, , url] = process.argv
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k' })
const anthropic = new Anthropic({ baseURL: url, apiKey: 'k' })
const ai = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'k' })
const messages = [{ role: 'user', content: 'question' }]
const chat = (model, options) => openai.chat.completions.create({ model, messages, ...options })

async function read(stream, isLeaving) {
  for await (const _ of stream) if (isLeaving) break
}

const calls = [
  () => chat('m'),
  async () => read(await chat('m', { stream: true }), false),
  async () => read(await chat('held', { stream: true }), true),
  () => read(streamText({ model: ai.chat('m'), messages }).textStream, false),
  async () => {
    const leaving = new AbortController()
    const { textStream } = streamText({ model: ai.chat('held'), messages, abortSignal: leaving.signal, onError() {} })
    for await (const _ of textStream) leaving.abort()
  },
  async () => read(await anthropic.messages.create({ model: 'held', max_tokens: 9, messages, stream: true }), true),
]

let made = 0
async function callForever() {
  for (;;) {
    const call = calls[made % calls.length]
    made += 1
    await instrumentAgent(call, { name: 'caller', logger: false, recovery: false })().catch(() => {})
  }
}
await Promise.all(Array.from({ length: 8 }, callForever))
