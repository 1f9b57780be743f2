import type { Advice, CostParts } from '../report/report.ts'
import { label } from '../series.ts'
import type { AdviceFinder, AdviceSources } from './advice-finder.ts'
import { batchPrice, expensiveModel } from './cheaper-choices.ts'
import { only, sumOf, sumsBy, type UsageFacts } from './usage-facts.ts'
import { growingContext, lowCacheShare } from './wasted-tokens.ts'
import { failedWork, retriedWork, truncatedAnswers, uselessRetries } from './wasted-work.ts'

const finders: readonly AdviceFinder[] = [
  failedWork,
  uselessRetries,
  retriedWork,
  truncatedAnswers,
  lowCacheShare,
  growingContext,
  expensiveModel,
  batchPrice,
]

/** US dollars per month below which nothing is advised. */
const leastUsdPerMonth = 5
/** Share of the cost of its agent, or of all agents, below which nothing is advised: every swarm has some failures. */
const leastShare = 0.05

/**
 * Findings of the last week, the largest saving first. `lastDay` decides whether a finding still exists: one that was fixed disappears
 * within a day, not within a week. A day with few runs, such as a Sunday, decides nothing.
 */
export function findAdvice(week: AdviceSources, lastDay: UsageFacts): readonly Advice[] {
  const found = finders.flatMap((find) => find(week)).filter((advice) => isRelevant(advice, week, 1))
  const today = { ...week, facts: lastDay, perMonth: (24 * 30) / lastDay.hours }
  const still = finders.flatMap((find) => find(today)).filter((advice) => isRelevant(advice, today, 0.25))
  return found.filter((advice) => stillExists(advice)).toSorted((a, b) => b.usdPerMonth - a.usdPerMonth)

  function stillExists(advice: Advice): boolean {
    if (isQuietDay(week.facts, lastDay, advice.agentName)) return true
    const basis = bases[advice.advice]
    if (basis === undefined) return still.some((other) => other.advice === advice.advice && other.agentName === advice.agentName)
    const [before, now] = [week.facts, lastDay].map((facts) => basis(facts, advice) / facts.hours)
    return now! >= 0.25 * before!
  }
}

/** For findings that one day has too few runs for: the dollars that disappear when they are fixed. */
const bases: Partial<Record<Advice['advice'], (facts: UsageFacts, advice: Advice) => number>> = {
  useless_retries: ({ wastedCost }, { agentName = '' }) =>
    sumOf(wastedCost, { [label.agent]: agentName, [label.waste]: 'useless_retry' }),
  expensive_model: ({ cost }, { agentName = '', variant = '' }) =>
    sumOf(cost, { [label.agent]: agentName, [label.variant]: variant }),
  // A schedule may run once a week
  batch_price: () => 1,
}

function isRelevant({ usdPerMonth, agentName }: Advice, { facts, perMonth }: AdviceSources, part: number): boolean {
  const cost = sumOf(facts.cost, agentName === undefined ? {} : { [label.agent]: agentName }) * perMonth
  return usdPerMonth >= part * leastUsdPerMonth && usdPerMonth >= part * leastShare * cost
}

function isQuietDay(week: UsageFacts, day: UsageFacts, agentName: string | undefined): boolean {
  const matching: Record<string, string> = agentName === undefined ? {} : { [label.agent]: agentName }
  return sumOf(day.executions, matching) / day.hours < (0.2 * sumOf(week.executions, matching)) / week.hours
}

/** The cost of each agent in parts that add up to all of it, the most expensive agent first. */
export function costPartsOf(facts: UsageFacts): readonly CostParts[] {
  return sumsBy(facts.cost, label.agent).map(([agentName, total]) => {
    const wasted = only(facts.wastedCost, { [label.agent]: agentName })
    const partOf = (waste: string): number => sumOf(wasted, { [label.waste]: waste })
    const [retried, failed, uselessRetries, cancelled] = ['retried', 'failed', 'useless_retry', 'cancelled'].map(partOf)
    return {
      agentName,
      total,
      useful: total - sumOf(wasted),
      retried: retried!,
      failed: failed!,
      uselessRetries: uselessRetries!,
      cancelled: cancelled!,
    }
  })
}
