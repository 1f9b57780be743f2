import { createOpenAICompatible } from '@ai-sdk/openai-compatible'

import type { ChatModel } from './metered-model.ts'

/** Which model the agents ask, and where. */
export interface ChatModelSettings {
  /** Up to the part before `/chat/completions`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly model: string
}

/** A model behind OpenAI's chat completions, scripted or real; streams carry their token usage. */
export function chatModel({ baseUrl, apiKey, model }: ChatModelSettings): ChatModel {
  return createOpenAICompatible({ name: 'swarm', baseURL: baseUrl, apiKey, includeUsage: true })(model)
}
