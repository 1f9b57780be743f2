import { createOpenAICompatible } from '@ai-sdk/openai-compatible'

/** A chat model of the AI SDK. */
export type ChatModel = ReturnType<ReturnType<typeof createOpenAICompatible>>

/** Address, key and name of the model that the agents use. */
export interface ChatModelSettings {
  /** The part of the address before `/chat/completions`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly model: string
}

/** Returns a model behind OpenAI's chat completions API, scripted or real. Its streams report their token usage, which telemetry reads from the answers. */
export function chatModel({ baseUrl, apiKey, model }: ChatModelSettings): ChatModel {
  return createOpenAICompatible({ name: 'swarm', baseURL: baseUrl, apiKey, includeUsage: true })(model)
}
