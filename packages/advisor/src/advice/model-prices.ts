import type { ModelPrice } from '@swarmwatch/config'

import type { PriceSource } from './advice-finder.ts'

type Prices = Readonly<Record<string, ModelPrice>>

/** The price table's name of providers whose `gen_ai.provider.name` is another one. */
const tableProviders: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.inference': 'azure',
  'azure.ai.openai': 'azure',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  mistral_ai: 'mistral',
  x_ai: 'x-ai',
}

/**
 * Prices of models in US dollars for one token: those of the settings file, then the table of `@pydantic/genai-prices`, which is part of
 * the package and never updated over the network.
 */
export async function openPrices(own: Prices = {}, at: Date = new Date()): Promise<PriceSource> {
  const table = await import('@pydantic/genai-prices')

  function tableUsd(usage: Readonly<Record<string, number>>, model: string, providerId: string | undefined): number | undefined {
    try {
      return table.calcPrice(usage, model, { ...(providerId !== undefined && { providerId }), timestamp: at })?.total_price
    } catch {
      return undefined
    }
  }

  return (model, provider) => {
    const set = own[`${provider}/${model}`] ?? own[model]
    const perToken = (usd: number | undefined): number | undefined => (usd === undefined ? undefined : usd / 1e6)
    if (set !== undefined) {
      const { input, cacheRead = input, cacheWrite = input } = set
      return { input: perToken(input)!, cacheRead: perToken(cacheRead)!, cacheWrite: perToken(cacheWrite)! }
    }
    const providerId = provider === undefined ? undefined : (tableProviders[provider] ?? provider)
    // One token at a time would be rounded; a million is in the tier of long contexts of some models
    const count = 1_000
    const usd = (usage: Readonly<Record<string, number>>): number | undefined => {
      const price = tableUsd(usage, model, providerId)
      return price === undefined ? undefined : price / count
    }
    const input = usd({ input_tokens: count })
    if (input === undefined || input === 0) return undefined
    return {
      input,
      cacheRead: usd({ input_tokens: count, cache_read_tokens: count }) ?? input,
      cacheWrite: usd({ input_tokens: count, cache_write_tokens: count }) ?? input,
    }
  }
}
