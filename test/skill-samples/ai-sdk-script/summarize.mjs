import { openai } from '@ai-sdk/openai'
import { generateText } from 'ai'

async function summarize(text) {
  const { text: summary } = await generateText({ model: openai.chat('gpt-4.1-mini'), prompt: `Summarize: ${text}` })
  return summary
}

console.log(await summarize('A long story about the weather.'))
