import { Agent, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from '@openai/agents'
import { instrumentAgent, onExecution } from '@swarmwatch/sdk'
import OpenAI from 'openai'
import { z } from 'zod'

// Swarmwatch retries the run: retries of the client would multiply
setDefaultOpenAIClient(new OpenAI({ maxRetries: 0 }))
setOpenAIAPI('chat_completions')
// No traces to OpenAI; Swarmwatch sees the run all the same
setTracingDisabled(true)

const weather = tool({
  name: 'weather',
  description: 'Returns the weather of a place.',
  parameters: z.object({ place: z.string() }),
  execute: async ({ place }) => `sunny in ${place}`,
})
const forecaster = new Agent({ name: 'forecaster', model: 'gpt-5-mini', tools: [weather] })

const reporter = instrumentAgent(async (question: string) => (await run(forecaster, question)).finalOutput, {
  name: 'reporter',
  recovery: { baseDelaySeconds: 0.1 },
})

onExecution(({ type, execution }) => {
  if (type !== 'finished') return
  const { attempts, modelCalls, toolCalls, inputTokens, outputTokens, costUsd } = execution
  console.log({ attempts: attempts.length, modelCalls, toolCalls, inputTokens, outputTokens, costUsd })
})

console.log(await reporter('What is the weather in Bern?'))
