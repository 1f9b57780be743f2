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

/** The real model that the environment names: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_MODEL`; undefined without a key. */
export function realModelSettings(env: Readonly<Record<string, string | undefined>>): ChatModelSettings | undefined {
  const apiKey = env['OPENAI_API_KEY']
  if (!apiKey) return undefined
  const baseUrl = env['OPENAI_BASE_URL'] || 'https://api.openai.com/v1'
  return { apiKey, baseUrl: baseUrl.replace(/\/+$/, ''), model: env['OPENAI_MODEL'] || 'gpt-4.1-mini' }
}
