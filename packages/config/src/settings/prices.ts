import { type Problem, shownPath, shownValue } from '../problem.ts'
import { checkShape, fileKeyOf, type MapShape, type ShapeProblem } from '../shape.ts'
import { usdPerMillion } from '../value-rule.ts'
import type { Origin, Sources } from './setting.ts'

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

/** The prices and the origin of each, by its path. */
export interface ResolvedPrices {
  readonly values: PriceSettings
  readonly origins: Readonly<Record<string, Origin>>
}

/** The prices of code, and those of the file for every name that code does not have. */
export function resolvePrices(sources: Sources, code: unknown): ResolvedPrices {
  const inFile = validPrices(sources.fromFile('prices'))
  const inCode = validPrices(
    checkShape(modelPrices, code, { spelling: 'code', path: ['prices'] }, (finding) => sources.problems.push(problemOf(finding))),
  )
  const origins: Record<string, Origin> = {}
  // without prototype: a model may be called "constructor"
  const values: Record<string, ModelPrice> = Object.assign(Object.create(null), inFile, inCode)
  for (const [name, price] of Object.entries(values)) {
    const path = shownPath(['prices', name])
    for (const key of Object.keys(price)) {
      const isCode = Object.hasOwn(inCode, name)
      origins[`${path}.${key}`] = isCode ? 'code' : `file ${sources.fileName}:${path}.${fileKeyOf(key)}`
    }
  }
  return { values, origins }
}

function problemOf({ path, rule, value }: ShapeProblem): Problem {
  const isMissing = value === undefined && rule.startsWith('must be ')
  return { path: shownPath(path), rule: isMissing ? `is missing; it ${rule}` : rule, value: shownValue(value) }
}

/** Prices after the check of their shape, without those that cannot be used. */
function validPrices(prices: unknown): Record<string, ModelPrice> {
  const entries = Object.entries((prices ?? {}) as Readonly<Record<string, ModelPrice | undefined>>)
  return Object.fromEntries(entries.filter((entry): entry is [string, ModelPrice] => entry[1] !== undefined))
}
