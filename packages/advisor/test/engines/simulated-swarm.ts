import { fixedRandom } from '@swarmwatch/testkit'

import { poisson } from '../forecast/shapes.ts'
import type { SimulatedSeries } from './prometheus-with-history.ts'

/** Prices of the simulated models in US dollars per million tokens. */
export const prices = {
  'large-1': { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3 },
  'small-1': { input: 0.5, output: 2, cacheRead: 0.05, cacheWrite: 0.5 },
} as const

/** An agent of the simulation; without options it wastes nothing. */
export interface SimulatedAgent {
  readonly name: string
  readonly model?: keyof typeof prices
  /** Mean runs of an hour of the history. */
  readonly rate?: (hour: number) => number
  readonly callsPerRun?: number
  /** Input tokens of a call, and the part of all input that the cache serves. */
  readonly inputPerCall?: number
  readonly cachedShare?: number
  /** Share of runs that fail, and their error. Each of their attempts costs as much as a good run. */
  readonly failing?: { readonly share: number; readonly errorType: string; readonly attempts: number }
  /** Share of runs that succeed with the second attempt, and the error of the first. */
  readonly recovering?: { readonly share: number; readonly errorType: string }
  /** Tokens of each run beyond twice the first context; they are part of the input. */
  readonly excessPerRun?: number
  readonly isStreamed?: boolean
  /** Hours after which the waste is fixed. @default never */
  readonly fixedAt?: number
  readonly variant?: string
}

/** Waste of an agent in US dollars, in the last week. */
export interface PlantedWaste {
  failed: number
  uselessRetries: number
  retried: number
  truncated: number
  uncached: number
  excess: number
  total: number
}

/** Series of a swarm, and the waste that was planted in the last 168 hours, by agent and variant. */
export function simulatedSwarm(
  agents: readonly SimulatedAgent[],
  hours: number,
): { readonly series: readonly SimulatedSeries[]; readonly planted: ReadonlyMap<string, PlantedWaste> } {
  const series = new Map<string, SimulatedSeries & { readonly hourly: Float64Array }>()
  const planted = new Map<string, PlantedWaste>()
  const add: Hour['add'] = (name, labels, hour, amount) => {
    const key = JSON.stringify([name, labels])
    let one = series.get(key)
    if (one === undefined) series.set(key, (one = { name, labels, hourly: new Float64Array(hours) }))
    one.hourly[hour]! += amount
  }
  agents.forEach((agent, index) => {
    const waste = { failed: 0, uselessRetries: 0, retried: 0, truncated: 0, uncached: 0, excess: 0, total: 0 }
    planted.set(agent.variant === undefined ? agent.name : `${agent.name} ${agent.variant}`, waste)
    const random = fixedRandom(index + 11)
    for (let hour = 0; hour < hours; hour++) simulateHour(agent, { hour, hours, random, add, waste })
  })
  return { series: [...series.values()], planted }
}

interface Hour {
  readonly hour: number
  readonly hours: number
  readonly random: () => number
  readonly add: (name: string, labels: Readonly<Record<string, string>>, hour: number, amount: number) => void
  readonly waste: PlantedWaste
}

function simulateHour(agent: SimulatedAgent, { hour, hours, random, add, waste }: Hour): void {
  const { name, model = 'large-1', rate = daily, callsPerRun = 3, inputPerCall = 2_000, fixedAt = hours, variant } = agent
  const current: Partial<SimulatedAgent> = hour >= fixedAt ? {} : agent
  const { cachedShare = 1 - 1 / callsPerRun, failing, recovering, excessPerRun = 0 } = current
  const runs = poisson(rate(hour), random)
  const failed = binomial(runs, failing?.share ?? 0, random)
  const recovered = binomial(runs - failed, recovering?.share ?? 0, random)
  const retries = (failing?.attempts ?? 1) - 1
  const attempts = runs + recovered + failed * retries

  const price = prices[model]
  const input = callsPerRun * inputPerCall + excessPerRun
  const output = 300
  const usd = (input * (1 - cachedShare) * price.input + input * cachedShare * price.cacheRead + output * price.output) / 1e6
  const ofAgent = { agent_name: name }
  const ofVariant = { ...ofAgent, ...(variant !== undefined && { swarmwatch_variant: variant }) }
  const ofModel = { gen_ai_request_model: model }
  const ofProvider = { gen_ai_provider_name: 'anthropic', ...ofModel }

  add('agent_executions_total', { ...ofVariant, outcome: 'success' }, hour, runs - failed)
  add('agent_executions_total', { ...ofVariant, outcome: 'failure' }, hour, failed)
  add('agent_cost_usd_total', { ...ofVariant, ...ofModel }, hour, attempts * usd)
  if (attempts > runs) add('agent_retries_total', ofAgent, hour, attempts - runs)
  add('agent_model_calls_total', ofAgent, hour, attempts * callsPerRun)
  add('agent_tokens_total', { ...ofAgent, ...ofModel, direction: 'input' }, hour, attempts * input)
  add('agent_tokens_total', { ...ofAgent, ...ofModel, direction: 'output' }, hour, attempts * output)
  add('gen_ai_client_inference_duration_seconds_count', ofProvider, hour, attempts * callsPerRun)
  if (agent.isStreamed === true) {
    add('gen_ai_client_inference_time_to_first_chunk_seconds_count', ofProvider, hour, attempts * callsPerRun)
  }
  add('gen_ai_client_inference_usage_input_tokens_total', ofProvider, hour, attempts * input)
  add('gen_ai_client_inference_usage_cache_read_input_tokens_total', ofProvider, hour, attempts * input * cachedShare)
  if (excessPerRun > 0) add('agent_context_excess_total', { ...ofAgent, ...ofModel }, hour, attempts * excessPerRun)
  if (failing !== undefined) {
    const ofError = { ...ofAgent, error_type: failing.errorType }
    add('agent_failures_total', ofError, hour, failed)
    add('agent_cost_wasted_usd_total', { ...ofError, waste: 'failed' }, hour, failed * usd)
    if (retries > 0) add('agent_cost_wasted_usd_total', { ...ofError, waste: 'useless_retry' }, hour, failed * retries * usd)
  }
  if (recovering !== undefined) {
    const ofError = { ...ofAgent, error_type: recovering.errorType }
    add('agent_recoveries_total', ofError, hour, recovered)
    add('agent_cost_wasted_usd_total', { ...ofError, waste: 'retried' }, hour, recovered * usd)
  }

  if (hour < hours - 168) return
  if (failing?.errorType === 'truncated') waste.truncated += failed * (1 + retries) * usd
  else {
    waste.failed += failed * usd
    waste.uselessRetries += failed * retries * usd
  }
  waste[recovering?.errorType === 'truncated' ? 'truncated' : 'retried'] += recovered * usd
  waste.uncached += (attempts * input * (1 - 1 / callsPerRun - cachedShare) * (price.input - price.cacheRead)) / 1e6
  waste.excess += (attempts * excessPerRun * (price.input * (1 - cachedShare) + price.cacheRead * cachedShare)) / 1e6
  waste.total += attempts * usd
}

function daily(hour: number): number {
  return 40 + 25 * Math.sin((hour / 12) * Math.PI)
}

function binomial(trials: number, share: number, random: () => number): number {
  let count = 0
  for (let at = 0; at < trials && share > 0; at++) count += Number(random() < share)
  return count
}
