import { createOpenAI } from '@ai-sdk/openai'
import { instrumentAgent } from '@swarmwatch/sdk'
import { generateText, isStepCount, tool } from 'ai'
import { z } from 'zod'

const weather = tool({
  description: 'Returns the weather of a place.',
  inputSchema: z.object({ place: z.string() }),
  execute: async ({ place }) => `sunny in ${place}`,
})

export const reporter = instrumentAgent(
  async (question: string) => {
    const { text } = await generateText({
      model: createOpenAI().chat('gpt-5-mini'),
      prompt: question,
      tools: { weather },
      stopWhen: isStepCount(5),
      // Swarmwatch retries the run: retries of the client would multiply
      maxRetries: 0,
    })
    return text
  },
  { name: 'reporter', recovery: { baseDelaySeconds: 0.1 } },
)
