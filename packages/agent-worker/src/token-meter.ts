import type { CurrentExecution } from '@swarmwatch/sdk'

import { costUsd, type PriceTable, type TokenUse } from './prices.ts'

/** Counts the tokens of one answer, and their cost, to a run. */
export type TokenMeter = (execution: CurrentExecution | undefined, model: string, use: TokenUse) => void

/** A meter for these prices. Tokens of an unknown model are counted, its cost is not; `warn` hears of each such model once. */
export function tokenMeter(prices: PriceTable, warn: (line: string) => void): TokenMeter {
  const unknown = new Set<string>()
  return (execution, model, use) => {
    execution?.addTokens({ input: use.input, output: use.output, model })
    const cost = costUsd(prices, model, use)
    if (cost !== undefined) return execution?.addCost(cost, { model })
    if (unknown.has(model)) return
    unknown.add(model)
    warn(
      `[COST] no price for model ${model}: its tokens are counted, its cost is not; add it to packages/agent-worker/prices.json`,
    )
  }
}
