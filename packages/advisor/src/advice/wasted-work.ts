import { label } from '../series.ts'
import { type AdviceFinder, grouped, percent } from './advice-finder.ts'
import { only, sumOf, sumsBy, type UsageFacts } from './usage-facts.ts'

const truncated = 'truncated'
/** Retries after an error are useless if fewer than this share of its runs recover. */
const helpfulShare = 0.05
/** Runs that an error must have ended before its retries are judged. */
const leastFailures = 20

/** First attempts of runs that failed. */
export const failedWork: AdviceFinder = ({ facts, perMonth }) =>
  agentsOf(facts).map((agentName) => {
    const wasted = wasteOf(facts, agentName, 'failed').filter(({ labels }) => labels[label.errorType] !== truncated)
    const failures = sumOf(only(facts.failures, { [label.agent]: agentName }))
    const runs = sumOf(only(facts.executions, { [label.agent]: agentName }))
    const [main = ['an error', 0]] = sumsBy(wasted, label.errorType)
    const usd = sumOf(wasted)
    return {
      advice: 'failed_work',
      agentName,
      usdPerMonth: usd * perMonth,
      evidence: `${grouped(failures)} of ${grouped(runs)} runs failed (${percent(failures / Math.max(runs, 1))}); ${percent(main[1] / usd)} of their first attempts' cost ended with ${main[0]}.`,
      fix: `Remove the cause of ${main[0]}, or reject such input before the first model call.`,
    }
  })

/** Retries after errors that retries do not remove. */
export const uselessRetries: AdviceFinder = ({ facts, perMonth }) =>
  agentsOf(facts).flatMap((agentName) =>
    sumsBy(wasteOf(facts, agentName, 'useless_retry'), label.errorType).flatMap(([errorType, usd]) => {
      const ofError = { [label.agent]: agentName, [label.errorType]: errorType }
      const failures = sumOf(facts.failures, ofError)
      const recoveries = sumOf(facts.recoveries, ofError)
      const share = recoveries / Math.max(failures + recoveries, 1)
      if (errorType === truncated || failures < leastFailures || share >= helpfulShare) return []
      return {
        advice: 'useless_retries',
        agentName,
        usdPerMonth: usd * perMonth,
        evidence: `Of ${grouped(failures + recoveries)} runs with ${errorType} in the first attempt or at the end, ${grouped(recoveries)} recovered (${percent(share)}).`,
        fix: `Do not retry ${errorType}: exclude it in retryIf of the agent's recovery.`,
      } as const
    }),
  )

/** Failed attempts of runs that then succeeded. */
export const retriedWork: AdviceFinder = ({ facts, perMonth }) =>
  agentsOf(facts).map((agentName) => {
    const wasted = wasteOf(facts, agentName, 'retried').filter(({ labels }) => labels[label.errorType] !== truncated)
    const usd = sumOf(wasted)
    const [main = ['an error', 0]] = sumsBy(wasted, label.errorType)
    const recoveries = sumOf(only(facts.recoveries, { [label.agent]: agentName }))
    return {
      advice: 'retried_work',
      agentName,
      usdPerMonth: usd * perMonth,
      evidence: `${grouped(recoveries)} runs succeeded only after a retry; ${percent(main[1] / usd)} of the cost of their failed attempts ended with ${main[0]}.`,
      fix: `Avoid ${main[0]} in the first attempt, or use once for the expensive tools, so that a retry continues their work.`,
    }
  })

/** Answers that the token limit cut: the tokens are billed, and a retry bills them again. */
export const truncatedAnswers: AdviceFinder = ({ facts, perMonth }) =>
  agentsOf(facts).map((agentName) => {
    const ofError = { [label.agent]: agentName, [label.errorType]: truncated }
    const usd = sumOf(facts.wastedCost, ofError)
    const runs = sumOf(facts.failures, ofError) + sumOf(facts.recoveries, ofError)
    return {
      advice: 'truncated_answers',
      agentName,
      usdPerMonth: usd * perMonth,
      evidence: `The token limit cut the answers of ${grouped(runs)} runs; these answers are paid and not used.`,
      fix: 'Raise the maximum of output tokens, or ask for a shorter answer.',
    }
  })

/** Agents with cost, the most expensive first. */
export function agentsOf({ cost }: UsageFacts): readonly string[] {
  return sumsBy(cost, label.agent).map(([agentName]) => agentName)
}

function wasteOf({ wastedCost }: UsageFacts, agentName: string, waste: string): UsageFacts['wastedCost'] {
  return only(wastedCost, { [label.agent]: agentName, [label.waste]: waste })
}
