import { readFile } from 'node:fs/promises'

import { z } from 'zod'

/** Price of a model in US dollars per million tokens. */
interface Price {
  readonly input: number
  /** @default the price of other input */
  readonly cachedInput?: number | undefined
  readonly output: number
}

/** Prices by model name, as in the request. */
export type PriceTable = Readonly<Record<string, Price>>

const usd = z.number().nonnegative()
const priceTable = z.record(z.string().min(1), z.strictObject({ input: usd, cachedInput: usd.optional(), output: usd }))

/** Tokens of one answer; `cachedInput` is part of `input`. */
export interface TokenUse {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
}

/** The price table of this package. An operator can edit it or name another file. */
const pricesFile: URL = new URL('../../prices.json', import.meta.url)

/** The price table is invalid or unreadable; the message has one line for each problem. */
export class PriceTableError extends Error {
  override readonly name = 'PriceTableError'
}

/** Reads a price table (JSON). Rejects with {@link PriceTableError}, whose message names the file and every problem. */
export async function loadPrices(file: URL | string = pricesFile): Promise<PriceTable> {
  const shown = String(file)
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new PriceTableError(`price table ${shown} cannot be read (${cause.code})`, { cause })
  })
  const parsed = priceTable.safeParse(parseJson(text, shown))
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'file'}: ${issue.message}`)
  throw new PriceTableError([`price table ${shown} is not valid:`, ...problems].join('\n'))
}

/** Returns the cost in US dollars; undefined for a model that is not in the table. */
export function costUsd(prices: PriceTable, model: string, { input, cachedInput, output }: TokenUse): number | undefined {
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined
  if (!price) return undefined
  const inputCost = (input - cachedInput) * price.input + cachedInput * (price.cachedInput ?? price.input)
  return (inputCost + output * price.output) / 1_000_000
}

function parseJson(text: string, shown: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new PriceTableError(`price table ${shown} is not JSON`)
  }
}
