import type { OptionProblem } from '../invalid-options-error.ts'
import { isOptions } from '../unknown-values.ts'

/** When the breaker of a provider and model opens, and for how long. */
export interface BreakerOptions {
  /** Share of the last {@link calls} model calls that must fail, from above 0 to below 1. @default 0.5 */
  readonly failureShare?: number | undefined
  /** Number of model calls that are compared; the breaker can open after half of them. @default 10 */
  readonly calls?: number | undefined
  /** Seconds until the first probe. They double after each failed probe. @default 5 */
  readonly openSeconds?: number | undefined
  /** The longest time between two probes, in seconds: at least `openSeconds`. @default 20, or `openSeconds` if that is longer */
  readonly maxOpenSeconds?: number | undefined
}

/** How a run treats what other runs of the process have learned of its provider and model. */
export interface ProviderRecovery {
  /**
   * Makes no attempt while most calls of the provider and model fail (5xx, 429, timeouts, broken connections): attempts wait, and a single
   * one probes from time to time. @default false
   */
  readonly breaker?: boolean | BreakerOptions | undefined
  /**
   * Largest share of retries among the model calls of the provider and model, 0-1: in 10 seconds at most 10 retries and this share of the
   * calls. A run whose retry is refused ends as `rejected`. @default no limit
   */
  readonly retryBudget?: number | undefined
  /**
   * Longest time in seconds that a run waits for a provider that is known to be unavailable, in addition to the waits of its own schedule;
   * its first attempt waits, too. @default 0
   */
  readonly maxWaitSeconds?: number | undefined
}

type Rule = readonly [rule: string, isValid: (value: unknown) => boolean]
const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most
const longestSeconds = 86_400
const openSeconds: Rule = ['must be a number of seconds from 0.1 to 86400', (value) => isBetween(value, 0.1, longestSeconds)]

const rules: Record<keyof ProviderRecovery, Rule> = {
  breaker: ['must be a boolean or an object', (value) => typeof value === 'boolean' || isOptions(value)],
  retryBudget: ['must be a share from 0 to 1', (value) => isBetween(value, 0, 1)],
  maxWaitSeconds: ['must be a number of seconds from 0 to 86400', (value) => isBetween(value, 0, longestSeconds)],
}

const breakerRules: Record<keyof BreakerOptions, Rule> = {
  failureShare: ['must be a share above 0 and below 1', (value) => typeof value === 'number' && value > 0 && value < 1],
  calls: ['must be an integer from 2 to 1000', (value) => Number.isInteger(value) && isBetween(value, 2, 1000)],
  openSeconds,
  maxOpenSeconds: openSeconds,
}

/** Returns the problems of `recovery.provider`; `prefix` precedes the name of each option. */
export function providerProblems(provider: object, prefix: string): OptionProblem[] {
  const problems = problemsOf(provider, rules, prefix)
  const { breaker } = provider as ProviderRecovery
  return isOptions(breaker) ? [...problems, ...breakerProblems(breaker, `${prefix}breaker.`)] : problems
}

function breakerProblems(breaker: BreakerOptions, prefix: string): OptionProblem[] {
  const problems = problemsOf(breaker, breakerRules, prefix)
  const { openSeconds: first = 5, maxOpenSeconds: longest } = breaker
  const areValid = [first, longest].every((value) => openSeconds[1](value))
  if (areValid && longest! < first)
    problems.push({
      option: `${prefix}maxOpenSeconds`,
      rule: `must be at least openSeconds, which is ${first}`,
      value: longest,
    })
  return problems
}

function problemsOf(options: object, of: Record<string, Rule>, prefix: string): OptionProblem[] {
  const problems: OptionProblem[] = []
  for (const [key, value] of Object.entries(options)) {
    const option = prefix + key
    const rule = Object.hasOwn(of, key) ? of[key] : undefined
    if (!rule) problems.push({ option, rule: `is not an option; the options are ${Object.keys(of).join(', ')}`, value })
    else if (value !== undefined && !rule[1](value)) problems.push({ option, rule: rule[0], value })
  }
  return problems
}
