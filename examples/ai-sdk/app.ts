import { openai } from '@ai-sdk/openai'
import { instrumentAgent, onExecution } from '@swarmwatch/sdk'
import { generateText, isStepCount, tool } from 'ai'
import { z } from 'zod'

const weather = tool({
  description: 'Returns the weather of a place.',
  inputSchema: z.object({ place: z.string() }),
  execute: async ({ place }) => `sunny in ${place}`,
})

const reporter = instrumentAgent(
  async (question: string, { signal }: { signal?: AbortSignal } = {}) => {
    const { text } = await generateText({
      model: openai.chat('gpt-5-mini'),
      prompt: question,
      tools: { weather },
      stopWhen: isStepCount(5),
      // Swarmwatch retries the run: retries of the client would multiply
      maxRetries: 0,
      abortSignal: signal,
    })
    return text
  },
  { name: 'reporter', recovery: { baseDelaySeconds: 0.1 } },
)

onExecution(({ type, execution }) => {
  if (type !== 'finished') return
  const { attempts, modelCalls, toolCalls, inputTokens, outputTokens, costUsd } = execution
  console.log({ attempts: attempts.length, modelCalls, toolCalls, inputTokens, outputTokens, costUsd })
})

console.log(await reporter('What is the weather in Bern?', { signal: AbortSignal.timeout(60_000) }))
