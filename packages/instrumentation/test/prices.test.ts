import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { test as property } from '@fast-check/vitest'
import { findProvider } from '@pydantic/genai-prices'
import type { PricedCall } from '@swarmwatch/sdk/instrumentation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type ModelPrices, priceFunction, priceTable, tableProviders } from '../src/prices.ts'

type Call = Partial<Omit<PricedCall, 'usage'>> & { readonly usage: PricedCall['usage'] }

/** A call on the day of the price table, so that later changes of prices in it do not change a test. */
function priced(call: Call, prices?: ModelPrices, warn: (line: string) => void = () => undefined): number | undefined {
  const of = { provider: undefined, model: undefined, responseModel: undefined, at: Date.parse(priceTable.date), ...call }
  return priceFunction(prices, { warn })(of)
}

/** Usage in which the parts never exceed the whole. */
const usages = fc
  .record({ read: fc.nat(1e6), write: fc.nat(1e6), uncached: fc.nat(1e6), reasoning: fc.nat(1e6), text: fc.nat(1e6) })
  .map(({ read, write, uncached, reasoning, text }) => ({
    inputTokens: read + write + uncached,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: write,
    outputTokens: reasoning + text,
    reasoningOutputTokens: reasoning,
  }))
const anyCount = fc.option(fc.oneof(fc.nat(1e6), fc.constantFrom(-1, Number.NaN, Number.POSITIVE_INFINITY)), { nil: undefined })
const anyUsage = fc.record({
  inputTokens: anyCount,
  outputTokens: anyCount,
  cacheReadInputTokens: anyCount,
  cacheWriteInputTokens: anyCount,
  reasoningOutputTokens: anyCount,
})
const usd = fc.double({ min: 0, max: 1_000, noNaN: true })
const ownPrices = fc.record({ input: usd, output: usd, cacheRead: usd, cacheWrite: usd })

describe('with prices of the user', () => {
  test('every token has one price: cached ones that of the cache', () => {
    const usage = { inputTokens: 1_000, cacheReadInputTokens: 300, cacheWriteInputTokens: 200, outputTokens: 100 }
    const prices = { m: { input: 10, output: 100, cacheRead: 1, cacheWrite: 12 } }
    expect(priced({ model: 'm', usage }, prices)).toBeCloseTo((500 * 10 + 300 * 1 + 200 * 12 + 100 * 100) / 1e6, 12)
  })

  test('cached tokens cost as much as others unless the cache has a price', () => {
    const usage = { inputTokens: 1_000, cacheReadInputTokens: 300, cacheWriteInputTokens: 200, outputTokens: 0 }
    expect(priced({ model: 'm', usage }, { m: { input: 10, output: 100 } })).toBeCloseTo(0.01, 12)
  })

  property.prop([usages, ownPrices])('twice the tokens cost twice as much', (usage, price) => {
    const twice = Object.fromEntries(Object.entries(usage).map(([key, tokens]) => [key, 2 * tokens]))
    const cost = (of: PricedCall['usage']) => priced({ model: 'm', usage: of }, { m: price }) ?? 0
    expect(cost(twice)).toBeCloseTo(2 * cost(usage), 6)
  })

  property.prop([anyUsage, usd, usd])(
    'with one price for all input, the cache changes nothing, whatever is reported',
    (usage, input, output) => {
      const price = { input, output, cacheRead: input, cacheWrite: input }
      const { inputTokens, outputTokens } = usage
      const cost = (of: PricedCall['usage']) => priced({ model: 'm', usage: of }, { m: price }) ?? 0
      expect(cost(usage)).toBeCloseTo(cost({ inputTokens, outputTokens }), 6)
    },
  )

  property.prop([anyUsage, ownPrices])('a cost is never negative and never above the most expensive price', (usage, price) => {
    const cost = priced({ model: 'm', usage }, { m: price }) ?? 0
    const valid = [usage.inputTokens, usage.outputTokens].map((tokens) =>
      tokens && Number.isFinite(tokens) && tokens > 0 ? tokens : 0,
    )
    const tokens = valid.reduce((sum, one) => sum + one, 0)
    expect(cost).toBeGreaterThanOrEqual(0)
    expect(cost).toBeLessThanOrEqual((tokens * Math.max(...Object.values(price))) / 1e6 + 1e-9)
  })

  const one = { input: 1, output: 0 }
  const two = { input: 2, output: 0 }
  test.for<[name: string, ModelPrices, expected: number | undefined]>([
    ['provider/model before the name alone', { alias: one, 'openai/alias': two }, 2],
    ['the model of the answer before the one of the request', { alias: one, served: two }, 2],
    ['the model of the request where the answer has no price', { alias: one }, 1],
    ['no price of another provider', { 'groq/alias': one }, undefined],
  ])('the price is chosen: %s', ([, prices, expected]) => {
    const usage = { inputTokens: 1_000_000 }
    expect(priced({ provider: 'openai', model: 'alias', responseModel: 'served', usage }, prices)).toBe(expected)
  })

  test('a model with the name of a property of every object has no price', () => {
    expect(priced({ model: 'constructor', usage: { inputTokens: 1 } }, {})).toBeUndefined()
  })
})

describe('with the price table', () => {
  const usage = { inputTokens: 1_000_000, cacheReadInputTokens: 400_000, outputTokens: 1_000, reasoningOutputTokens: 900 }

  test.for<[provider: string, model: string, expected: number]>([
    ['openai', 'gpt-5', (600_000 * 1.25 + 400_000 * 0.125 + 1_000 * 10) / 1e6],
    ['openai', 'gpt-4.1-mini-2025-04-14', (600_000 * 0.4 + 400_000 * 0.1 + 1_000 * 1.6) / 1e6],
    ['azure.ai.openai', 'gpt-4o', (600_000 * 2.5 + 400_000 * 1.25 + 1_000 * 10) / 1e6],
    ['gcp.gemini', 'gemini-2.5-flash', (600_000 * 0.3 + 400_000 * 0.03 + 1_000 * 2.5) / 1e6],
  ])('%s %s has its price, for cached tokens too', ([provider, model, expected]) => {
    expect(priced({ provider, model, usage })).toBeCloseTo(expected, 9)
  })

  test('a long prompt has the price of its tier', () => {
    const cost = (inputTokens: number) => priced({ provider: 'gcp.gemini', model: 'gemini-2.5-pro', usage: { inputTokens } })
    expect([cost(100_000), cost(300_000)]).toEqual([0.125, 0.75])
  })

  test('the cache of Anthropic has prices for reads and writes', () => {
    const cached = { inputTokens: 1_000_000, cacheReadInputTokens: 500_000, cacheWriteInputTokens: 100_000 }
    const cost = priced({ provider: 'anthropic', model: 'claude-sonnet-4-5-20250929', usage: { ...cached, outputTokens: 0 } })
    expect(cost).toBeGreaterThan((400_000 * 3 + 500_000 * 0.3 + 100_000 * 3.75) / 1e6 - 1e-9)
  })

  property.prop([anyUsage])('whatever a provider reports has a price that is not negative, or none', (reported) => {
    const cost = priced({ provider: 'openai', model: 'gpt-5', usage: reported })
    expect(cost === undefined || cost >= 0).toBe(true)
  })

  test.for<[provider: string | undefined, model: string]>([
    [undefined, 'gpt-5'],
    ['_OTHER', 'gpt-5'],
    ['my-openai-proxy', 'gpt-5'],
    ['openai', 'gpt-of-tomorrow'],
    ['nonsense', 'gpt-5'],
  ])('a price is not guessed: provider %s, model %s', ([provider, model]) => {
    expect(priced({ provider, model, usage })).toBeUndefined()
  })

  test('the price table has every provider under the name that is looked up', () => {
    const names = [
      ...Object.values(tableProviders),
      'openai',
      'anthropic',
      'groq',
      'deepseek',
      'cohere',
      'perplexity',
      'openrouter',
    ]
    expect(names.filter((providerId) => findProvider({ providerId })?.id !== providerId)).toEqual([])
  })

  test('the date of the price table belongs to the installed version', () => {
    const main = createRequire(import.meta.url).resolve(priceTable.package)
    const { version } = JSON.parse(readFileSync(join(main, '../../package.json'), 'utf8')) as { version: string }
    expect(version, 'update priceTable in prices.ts with the day from `npm view @pydantic/genai-prices time`').toBe(
      priceTable.version,
    )
  })
})

test('a model without a price is reported once, with the cure', () => {
  const lines: string[] = []
  const price = priceFunction({}, { warn: (line) => lines.push(line) })
  const call = { provider: '_OTHER', model: 'local-7b', responseModel: undefined, usage: { inputTokens: 3 }, at: 0 }
  expect([price(call), price(call)]).toEqual([undefined, undefined])
  expect(lines).toEqual([
    'no price for model local-7b of an unknown provider: its tokens are counted, its cost is not; ' +
      'add prices: { "local-7b": { input: USD per million tokens, output: ... } } to the settings file or the code, ' +
      'or name the provider of the server: providers: { "HOST": "openai" } in the settings file or the code',
  ])
})

test('a model that the price table does not have is reported with its provider', () => {
  const lines: string[] = []
  expect(priced({ provider: 'groq', model: 'new-1', usage: { inputTokens: 3 } }, {}, (line) => lines.push(line))).toBeUndefined()
  expect(lines).toEqual([
    'no price for model new-1 of provider groq: its tokens are counted, its cost is not; ' +
      'add prices: { "new-1": { input: USD per million tokens, output: ... } } to the settings file or the code',
  ])
})

test('a call without tokens is not reported as one without a price', () => {
  const lines: string[] = []
  expect(priced({ model: 'local-7b', usage: {} }, {}, (line) => lines.push(line))).toBeUndefined()
  expect(lines).toEqual([])
})

test('at most 100 models without a price are reported, with short names', () => {
  const lines: string[] = []
  const price = priceFunction({}, { warn: (line) => lines.push(line) })
  for (let number = 0; number < 1_000; number++)
    price({
      provider: '_OTHER',
      model: `${number}-${'x'.repeat(10_000)}`,
      responseModel: undefined,
      usage: { inputTokens: 3 },
      at: 0,
    })
  expect(lines).toHaveLength(100)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(500)
})
