import type { MapShape } from '../shape.ts'
import { usdPerMillion } from '../value-rule.ts'

/** Price of a model in US dollars per million tokens. */
export interface ModelPrice {
  /** Input tokens that no other price covers. */
  readonly input: number
  /** Output tokens, reasoning included. */
  readonly output: number
  /** Input tokens that were read from a prompt cache. File: `cache_read`. @default the price of other input */
  readonly cacheRead?: number | undefined
  /** Input tokens that were written to a prompt cache. File: `cache_write`. @default the price of other input */
  readonly cacheWrite?: number | undefined
}

/**
 * Prices by the name of the model, as in the request or in the answer, or by `provider/model` (`openai/gpt-4.1`), which applies to that
 * provider only and is used first. An object without prototype. They override the price table of the package. @default {}
 */
export type PriceSettings = Readonly<Record<string, ModelPrice>>

/** `prices` in the file and in code. */
export const modelPrices: MapShape = {
  kind: 'map',
  values: {
    kind: 'section',
    keys: {
      input: { kind: 'value', rule: usdPerMillion, about: 'Input tokens.', isRequired: true },
      output: { kind: 'value', rule: usdPerMillion, about: 'Output tokens, reasoning included.', isRequired: true },
      cacheRead: {
        kind: 'value',
        rule: usdPerMillion,
        about: 'Input tokens that were read from a prompt cache. Default: the price of other input.',
      },
      cacheWrite: {
        kind: 'value',
        rule: usdPerMillion,
        about: 'Input tokens that were written to a prompt cache. Default: the price of other input.',
      },
    },
  },
  rule: 'must be a mapping from names of models to prices',
  about: 'Prices in US dollars per million tokens, by the name of the model or by provider/model.',
  default: {},
}
