import { label } from '../series.ts'
import { type AdviceFinder, type AdviceSources, grouped, percent } from './advice-finder.ts'
import { only, sumOf, sumsBy } from './usage-facts.ts'
import { agentsOf } from './wasted-work.ts'

/** Input tokens of a call below which providers do not cache. */
const leastCachedTokens = 1_024

/**
 * A model reads the same context again in each call of a run, but little of it comes from the provider's cache. All calls of an attempt
 * after the first one can read the part that the first one wrote, so `1 - 1 / calls` of the input is reachable.
 */
export const lowCacheShare: AdviceFinder = (sources) => {
  const { facts, priceOf, perMonth } = sources
  return facts.inputTokens.flatMap(({ labels, amount: input }) => {
    const model = labels[label.model]!
    const provider = labels[label.provider] || undefined
    const ofModel = { [label.model]: model, [label.provider]: provider ?? '' }
    const calls = sumOf(facts.inferences, ofModel)
    const price = priceOf(model, provider)
    const agents = sumsBy(only(facts.tokens, { [label.model]: model, [label.direction]: 'input' }), label.agent).map(
      ([name]) => name,
    )
    const callsPerAttempt = callsPerAttemptOf(sources, agents)
    if (price === undefined || price.cacheRead >= price.input || callsPerAttempt < 1.5) return []
    if (input / Math.max(calls, 1) < leastCachedTokens) return []
    const cached = sumOf(facts.cacheReadInputTokens, ofModel)
    const reachable = 1 - 1 / callsPerAttempt
    const tokens = reachable * input - cached
    // The first call of each attempt writes what the others read
    const writes = Math.max(0, price.cacheWrite - price.input) * (input / callsPerAttempt) * (tokens / (reachable * input))
    const usd = (tokens * (price.input - price.cacheRead) - writes) * discountOf(sources, agents, model)
    return {
      advice: 'low_cache_share',
      agentName: agents.length === 1 ? agents[0] : undefined,
      usdPerMonth: usd * perMonth,
      evidence:
        `${percent(cached / input)} of ${grouped(input)} input tokens of ${model} came from the cache; ` +
        `with ${callsPerAttempt.toFixed(1)} calls an attempt, ${percent(reachable)} can.`,
      fix: `Keep the beginning of the prompt the same in all calls of a run, and mark it for caching where ${provider ?? 'the provider'} requires it.`,
    } as const
  })
}

/** Contexts that grow to more than twice their size within a run: results of tools and answers that each call sends again. */
export const growingContext: AdviceFinder = (sources) => {
  const { facts, perMonth } = sources
  return agentsOf(facts).flatMap((agentName) => {
    const excess = only(facts.excessContext, { [label.agent]: agentName })
    const usd = excess.reduce((sum, { labels, amount }) => sum + amount * inputPrice(sources, agentName, labels[label.model]!), 0)
    const tokens = sumOf(excess)
    const input = sumOf(facts.tokens, { [label.agent]: agentName, [label.direction]: 'input' })
    return {
      advice: 'growing_context',
      agentName,
      usdPerMonth: usd * perMonth,
      evidence: `${grouped(tokens)} of ${grouped(input)} input tokens (${percent(tokens / Math.max(input, 1))}) are beyond twice the context of the first call.`,
      fix: 'Shorten the results of tools before they are added to the conversation, or summarize earlier steps.',
    } as const
  })
}

/** Price of an input token: the share that came from the cache is cheaper. 0 if the price is unknown. */
function inputPrice(sources: AdviceSources, agentName: string, model: string): number {
  const { facts, priceOf } = sources
  const ofModel = { [label.model]: model }
  const [provider] = sumsBy(only(facts.inputTokens, ofModel), label.provider)
  const price = priceOf(model, provider?.[0])
  if (price === undefined) return 0
  const share = Math.min(1, sumOf(facts.cacheReadInputTokens, ofModel) / Math.max(sumOf(facts.inputTokens, ofModel), 1))
  return (price.input * (1 - share) + price.cacheRead * share) * discountOf(sources, [agentName], model)
}

/** Model calls of an attempt, on average over agents: a retry begins a conversation of its own. */
function callsPerAttemptOf({ facts }: AdviceSources, agents: readonly string[]): number {
  const sum = (amounts: typeof facts.modelCalls): number =>
    agents.reduce((total, agentName) => total + sumOf(amounts, { [label.agent]: agentName }), 0)
  return sum(facts.modelCalls) / Math.max(sum(facts.executions) + sum(facts.retries), 1)
}

/**
 * Actual cost of the model compared with the list price of its input alone: below 1, the price has a discount, and savings are
 * smaller by the same factor.
 */
function discountOf({ facts, priceOf }: AdviceSources, agents: readonly string[], model: string): number {
  const ofModel = { [label.model]: model }
  const cost = agents.reduce((sum, agentName) => sum + sumOf(facts.cost, { ...ofModel, [label.agent]: agentName }), 0)
  const tokens = agents.reduce(
    (sum, agentName) => sum + sumOf(facts.tokens, { ...ofModel, [label.agent]: agentName, [label.direction]: 'input' }),
    0,
  )
  const [provider] = sumsBy(only(facts.inputTokens, ofModel), label.provider)
  const price = priceOf(model, provider?.[0])
  const cached = sumOf(facts.cacheReadInputTokens, ofModel) / Math.max(sumOf(facts.inputTokens, ofModel), 1)
  const listed = price === undefined ? 0 : tokens * (price.input * (1 - cached) + price.cacheRead * cached)
  return listed > 0 ? Math.min(1, cost / listed) : 1
}
