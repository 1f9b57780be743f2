import { trace } from '@opentelemetry/api'
import { instrumentAgent, instrumentTool } from '@swarmwatch/sdk'
import OpenAI from 'openai'

import { printSpans } from './telemetry.ts'

// Swarmwatch retries the run: retries of the client would multiply
const client = new OpenAI({ maxRetries: 0 })
const weather = instrumentTool(async (place: string) => `sunny in ${place}`, { name: 'weather' })

const reporter = instrumentAgent(
  async (question: string) => {
    const content = `${question} Report: ${await weather('Bern')}`
    const { choices } = await client.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content }] })
    return choices[0]?.message.content
  },
  { name: 'reporter', recovery: { baseDelaySeconds: 0.1 } },
)

// A span of your own around the run: both are in one trace
await trace.getTracer('my-service').startActiveSpan('GET /weather', async (span) => {
  console.log(await reporter('What is the weather in Bern?'))
  span.end()
})
printSpans()
