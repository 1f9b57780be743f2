import { label } from '../series.ts'
import { type AdviceFinder, grouped, percent } from './advice-finder.ts'
import { only, sumOf, sumsBy, type UsageFacts } from './usage-facts.ts'
import { agentsOf } from './wasted-work.ts'

/** Runs that each variant needs before they are compared. */
const leastRuns = 300
/** A more expensive variant that could be this much better, at the end of a 95 % interval, is not advised against. */
const relevantGain = 0.03
/** Cost of a run compared with that of the cheaper variant, from which on a variant counts as more expensive. */
const relevantCost = 1.2

/** A variant that costs more for each run, and whose success is not better. */
export const expensiveModel: AdviceFinder = ({ facts, perMonth }) =>
  agentsOf(facts).flatMap((agentName) => {
    const variants = variantsOf(facts, agentName)
    const [cheapest, ...others] = variants.toSorted((a, b) => a.usdPerRun - b.usdPerRun)
    if (cheapest === undefined) return []
    return others.flatMap((other) => {
      const gain = other.success - cheapest.success
      const error = Math.sqrt(varianceOf(other) + varianceOf(cheapest))
      const isBetter = gain > 1.645 * error || gain + 1.96 * error > relevantGain
      if (isBetter || other.usdPerRun < relevantCost * cheapest.usdPerRun) return []
      return {
        advice: 'expensive_model',
        agentName,
        variant: other.variant,
        usdPerMonth: (other.usdPerRun - cheapest.usdPerRun) * other.runs * perMonth,
        evidence:
          `Variant ${other.variant} (${other.model}) costs ${other.usdPerRun.toPrecision(3)} USD a run and succeeds in ${percent(other.success)}; ` +
          `variant ${cheapest.variant} (${cheapest.model}) costs ${cheapest.usdPerRun.toPrecision(3)} USD and succeeds in ${percent(cheapest.success)}.`,
        fix: `Use variant ${cheapest.variant} for all runs.`,
      } as const
    })
  })

interface Variant {
  readonly variant: string
  readonly model: string
  readonly runs: number
  readonly success: number
  readonly usdPerRun: number
}

function variantsOf(facts: UsageFacts, agentName: string): readonly Variant[] {
  const runs = only(facts.executions, { [label.agent]: agentName })
  return sumsBy(runs, label.variant).flatMap(([variant]) => {
    const ofVariant = { [label.agent]: agentName, [label.variant]: variant }
    const succeeded = sumOf(facts.executions, { ...ofVariant, [label.outcome]: 'success' })
    const failed = sumOf(facts.executions, { ...ofVariant, [label.outcome]: 'failure' })
    const cost = only(facts.cost, ofVariant)
    const finished = succeeded + failed
    if (finished < leastRuns) return []
    const model = sumsBy(cost, label.model)[0]?.[0] ?? 'no model'
    return { variant, model, runs: finished, success: succeeded / finished, usdPerRun: sumOf(cost) / finished }
  })
}

function varianceOf({ success, runs }: Variant): number {
  return (success * (1 - success) + 1 / runs) / runs
}

/** Providers that take half the price for work that may take a day. */
const withBatchPrice: ReadonlySet<string> = new Set([
  'openai',
  'anthropic',
  'aws.bedrock',
  'azure.ai.openai',
  'gcp.gemini',
  'gcp.vertex_ai',
  'gcp.gen_ai',
  'mistral_ai',
  'groq',
])
const batchDiscount = 0.5

/**
 * Work that no one waits for: it arrives in a few hours of the week, as a schedule starts it, each run is one model call, and no call is
 * streamed to a reader.
 */
export const batchPrice: AdviceFinder = ({ facts, hourly, perMonth }) =>
  agentsOf(facts).flatMap((agentName) => {
    const runs = sumOf(facts.executions, { [label.agent]: agentName })
    const attempts = runs + sumOf(facts.retries, { [label.agent]: agentName })
    const calls = sumOf(facts.modelCalls, { [label.agent]: agentName })
    const models = sumsBy(only(facts.cost, { [label.agent]: agentName }), label.model)
    const busy = busyShare(hourly.get(agentName))
    if (runs < 50 || calls < 0.9 * attempts || calls > 1.1 * attempts || busy === undefined) return []
    const usd = models.reduce((sum, [model, cost]) => {
      const ofModel = { [label.model]: model }
      const [provider] = sumsBy(only(facts.inferences, ofModel), label.provider)
      const isStreamed = sumOf(facts.firstChunks, ofModel) > 0
      return provider !== undefined && withBatchPrice.has(provider[0]) && !isStreamed ? sum + cost : sum
    }, 0)
    return {
      advice: 'batch_price',
      agentName,
      usdPerMonth: batchDiscount * usd * perMonth,
      evidence: `${percent(busy.share)} of ${grouped(runs)} runs were in ${busy.hours} hours of the week, each with one model call that is not streamed.`,
      fix: 'Send this work through the batch API of the provider, which takes half the price and answers within a day.',
    } as const
  })

/** The hours with 90 % of the work of the last week, if they are at most a tenth of all hours. */
function busyShare(hourly: ArrayLike<number> | undefined): { readonly hours: number; readonly share: number } | undefined {
  const week = hourly === undefined ? [] : Array.from(hourly).slice(-168)
  if (week.length < 168) return undefined
  const total = week.reduce((sum, value) => sum + value, 0)
  const hours = Math.floor(week.length / 10)
  const inBusiest = week.toSorted((a, b) => b - a).slice(0, hours)
  const share = inBusiest.reduce((sum, value) => sum + value, 0) / total
  return share >= 0.9 ? { hours: inBusiest.filter((value) => value > 0).length, share } : undefined
}
