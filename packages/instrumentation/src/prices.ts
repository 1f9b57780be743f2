import { createRequire } from 'node:module'

import type { PricedCall } from '@swarmwatch/sdk/instrumentation'

/** Price of a model in US dollars per million tokens. */
export interface ModelPrice {
  /** Input tokens that no other price covers. */
  readonly input: number
  /** Output tokens, reasoning included. */
  readonly output: number
  /** Input tokens that were read from a prompt cache. @default the price of other input */
  readonly cacheRead?: number | undefined
  /** Input tokens that were written to a prompt cache. @default the price of other input */
  readonly cacheWrite?: number | undefined
}

/** Prices by the name of the model, or by `provider/model`, which is used first. */
export type ModelPrices = Readonly<Record<string, ModelPrice>>

/**
 * The price table that is used for models without a price of their own: the version of `@pydantic/genai-prices`, and the day on which it
 * was published. A test fails while they differ from the installed version; `npm view @pydantic/genai-prices time` prints the day.
 */
export const priceTable = { package: '@pydantic/genai-prices', version: '0.1.8', date: '2026-09-23' } as const

type Library = Pick<typeof import('@pydantic/genai-prices'), 'calcPrice' | 'findProvider'>

/** Options of {@link priceFunction}. */
interface PriceFunctionOptions {
  /** Receives one line for each model without a price, of the first 100 models. @default console.warn */
  readonly warn?: ((line: string) => void) | undefined
}

/** More models than any application uses; their names come from requests. */
const maxReported = 100
const longestName = 80

/**
 * Returns a function that prices a model call in US dollars: with `prices`, otherwise with the price table, which is loaded at the first
 * call that needs it (25 ms) and never updated. The function returns undefined if the price is unknown, and for a call without tokens.
 * The table knows only the prices of providers, so a model of `_OTHER` needs an entry in `prices`.
 */
export function priceFunction(
  prices: ModelPrices = {},
  { warn = console.warn }: PriceFunctionOptions = {},
): (call: PricedCall) => number | undefined {
  const reported = new Set<string>()
  return (call) => {
    const tokens = tokensOf(call)
    if (tokens.input + tokens.output === 0) return undefined
    const price = ownPrice(prices, call)
    const cost = price === undefined ? tableCost(call, tokens) : costOf(price, tokens)
    if (cost === undefined) report(call)
    return cost
  }

  function report({ model, responseModel, provider = '_OTHER' }: PricedCall): void {
    const name = (model ?? responseModel ?? 'without a name').slice(0, longestName)
    if (reported.has(name) || reported.size >= maxReported) return
    reported.add(name)
    const isUnknown = provider === '_OTHER'
    warn(
      `no price for model ${name} of ${isUnknown ? 'an unknown provider' : `provider ${provider}`}: its tokens are counted, its cost is not; ` +
        `add prices: { ${JSON.stringify(name)}: { input: USD per million tokens, output: ... } } to the settings file or the code` +
        (isUnknown
          ? `, or name the provider of the server: providers: { "HOST": "openai" } in the settings file or the code`
          : ''),
    )
  }
}

/** Tokens by price; no token is in two of them. */
interface Tokens {
  /** All input tokens. */
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
}

/** The parts are at most the whole, also where a provider reports otherwise, so that no token is paid twice. */
function tokensOf({ usage }: PricedCall): Tokens {
  const input = count(usage.inputTokens)
  const output = count(usage.outputTokens)
  const cacheRead = Math.min(count(usage.cacheReadInputTokens), input)
  const cacheWrite = Math.min(count(usage.cacheWriteInputTokens), input - cacheRead)
  return { input, cacheRead, cacheWrite, output, reasoning: Math.min(count(usage.reasoningOutputTokens), output) }
}

function count(tokens: number | undefined): number {
  return tokens !== undefined && Number.isFinite(tokens) && tokens > 0 ? tokens : 0
}

/** The model of the answer first: an alias in the request may stand for several models. */
function ownPrice(prices: ModelPrices, { provider, model, responseModel }: PricedCall): ModelPrice | undefined {
  const names = [responseModel, model].flatMap((name) => (name === undefined ? [] : [`${provider}/${name}`, name]))
  const known = names.find((name) => Object.hasOwn(prices, name))
  return known === undefined ? undefined : prices[known]
}

function costOf({ input, output, cacheRead = input, cacheWrite = input }: ModelPrice, tokens: Tokens): number {
  const uncached = tokens.input - tokens.cacheRead - tokens.cacheWrite
  return (uncached * input + tokens.cacheRead * cacheRead + tokens.cacheWrite * cacheWrite + tokens.output * output) / 1_000_000
}

/** The price table's name of providers whose `gen_ai.provider.name` is another one. */
export const tableProviders: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.inference': 'azure',
  'azure.ai.openai': 'azure',
  fireworks_ai: 'fireworks',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  together_ai: 'together',
  x_ai: 'x-ai',
}

function tableCost({ provider = '', model, responseModel = model, at }: PricedCall, tokens: Tokens): number | undefined {
  const library = loadTable()
  if (library === undefined || responseModel === undefined) return undefined
  const providerId = Object.hasOwn(tableProviders, provider) ? tableProviders[provider] : provider
  try {
    // The library also accepts names that only contain the name of a provider, which would be a guess
    if (providerId === undefined || library.findProvider({ providerId })?.id !== providerId) return undefined
    const usage = {
      input_tokens: tokens.input,
      cache_read_tokens: tokens.cacheRead,
      cache_write_tokens: tokens.cacheWrite,
      output_tokens: tokens.output,
      output_reasoning_tokens: tokens.reasoning,
    }
    return library.calcPrice(usage, responseModel, { providerId, timestamp: new Date(at) })?.total_price
  } catch {
    // It throws on usage that its prices do not cover
    return undefined
  }
}

let table: Library | undefined
let isLoading = false

/**
 * The price table. It is loaded with `require`, so that the first model call has a price; in a bundle, where `require` finds nothing, it
 * is imported, and available to the calls after the first one unless {@link preloadBundledTable} was called.
 */
function loadTable(): Library | undefined {
  if (table !== undefined || isLoading) return table
  isLoading = true
  try {
    table = createRequire(import.meta.url)(priceTable.package) as Library
  } catch {
    importTable()
  }
  return table
}

/** Begins to load the price table if it is part of a bundle, in which nothing can be loaded while a call waits for its price. */
export function preloadBundledTable(): void {
  if (isLoading) return
  try {
    createRequire(import.meta.url).resolve(priceTable.package)
  } catch {
    isLoading = true
    importTable()
  }
}

function importTable(): void {
  import('@pydantic/genai-prices').then(
    (library) => (table = library),
    () => undefined,
  )
}
