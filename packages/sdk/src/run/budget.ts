import { InvalidOptionsError, type OptionProblem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { isOptions } from '../unknown-values.ts'
import { shownAmount, usables } from './amounts.ts'
import { type DailyBudget, dailyProblems } from './daily-budget.ts'

/**
 * Limits of one run with all its attempts. A run that exceeds one is ended. The use of agents that it calls is part of its use, and they
 * are ended with it; budgets of their own limit them in addition.
 */
export interface Budget {
  /** US dollars. @default none */
  readonly usd?: number | undefined
  /** Input and output tokens together. @default none */
  readonly tokens?: number | undefined
  /** Model calls; those that a client repeats after a failure are one. @default none */
  readonly modelCalls?: number | undefined
  /** @default none */
  readonly toolCalls?: number | undefined
  /** Seconds from the start of the run, waits between attempts included. @default none */
  readonly seconds?: number | undefined
  /** Limits of all runs of the agent in this process in a day. @default none */
  readonly daily?: DailyBudget | undefined
}

/** A limit of a run. */
export type BudgetKey = Exclude<keyof Budget, 'daily'>

/** Use of a budget by a run. */
export type BudgetUse = Readonly<Record<BudgetKey, number>>

/** Every limit that a budget can have. */
export const budgetKeys: readonly BudgetKey[] = usables

/** The error of a run that exceeded its budget. It is not retried; its `error.type` is `budget_exceeded`. */
export class BudgetExceededError extends Error {
  override readonly name = 'BudgetExceededError'
  readonly code = 'budget_exceeded'
  readonly isRetryable = false
  /** The limit that was exceeded. */
  readonly budget: BudgetKey
  readonly limit: number
  /** All that the run used until then, with the agents that it called. */
  readonly spent: BudgetUse

  constructor(budget: BudgetKey, limit: number, spent: BudgetUse) {
    super(`the run exceeded its budget of ${shownAmount(budget, limit)}: ${shownAmount(budget, spent[budget])} used`)
    this.budget = budget
    this.limit = limit
    this.spent = spent
  }
}

const longestTimerSeconds = 2_147_483
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0
const positive = (max: number) => (value: unknown) => typeof value === 'number' && value > 0 && value <= max

type Rule = readonly [rule: string, isValid: (value: unknown) => boolean]
/** A rule for each limit; other keys are unknown. */
const budgetRules: Readonly<Record<BudgetKey, Rule>> = {
  usd: ['must be US dollars above 0', positive(Number.MAX_VALUE)],
  tokens: ['must be an integer >= 1', (value) => isCount(value) && value !== 0],
  modelCalls: ['must be an integer >= 0', isCount],
  toolCalls: ['must be an integer >= 0', isCount],
  seconds: [`must be a number of seconds above 0, at most ${longestTimerSeconds}`, positive(longestTimerSeconds)],
}

/** Returns the problems of a budget; `prefix` precedes the name of each option. */
export function budgetProblems(budget: object, prefix: string): OptionProblem[] {
  const problems: OptionProblem[] = []
  for (const [key, value] of Object.entries(budget)) {
    const option = prefix + key
    if (key === 'daily') {
      if (isOptions(value)) problems.push(...dailyProblems(value, `${option}.`))
      else if (value !== undefined) problems.push({ option, rule: 'must be an object', value })
      continue
    }
    const rule = Object.hasOwn(budgetRules, key) ? budgetRules[key as BudgetKey] : undefined
    if (!rule) problems.push({ option, rule: `is not an option; the options are ${budgetKeys.join(', ')}, daily`, value })
    else if (value !== undefined && !rule[1](value)) problems.push({ option, rule: rule[0], value })
  }
  return problems
}

/** Budgets of single agents, by name. */
export type ConfiguredBudgets = Readonly<Record<string, Budget>>

const configured = processWide('configured-budgets/1', () => ({ budgets: {} as ConfiguredBudgets }))

/** Returns the argument of the last {@link configureBudgets} call. */
export function configuredBudgets(): ConfiguredBudgets {
  return configured.budgets
}

/**
 * Sets the budgets of agents by name, also of agents that are already wrapped. A limit in code takes precedence. `@swarmwatch/node` calls
 * it with `budgets` of the configuration file.
 *
 * @throws {InvalidOptionsError} with all problems at once; the earlier budgets then stay.
 */
export function configureBudgets(budgets: ConfiguredBudgets): void {
  const mustBeObject = (option: string, value: unknown): OptionProblem => ({ option, rule: 'must be an object', value })
  const problems = isOptions(budgets)
    ? Object.entries(budgets).flatMap(([name, budget]) =>
        isOptions(budget) ? budgetProblems(budget, `${name}.`) : mustBeObject(name, budget),
      )
    : [mustBeObject('budgets', budgets)]
  if (problems.length > 0) throw new InvalidOptionsError('configureBudgets', problems)
  configured.budgets = budgets
}

/** Merges an agent's own budget with its configured one; undefined if no limit is set. */
export function effectiveBudget(agentName: string, own: Budget | undefined, budgets: ConfiguredBudgets): Budget | undefined {
  const layers = [Object.hasOwn(budgets, agentName) ? budgets[agentName] : undefined, own]
  const merged: { -readonly [Key in keyof Budget]: Budget[Key] } = {}
  for (const layer of layers) {
    for (const key of budgetKeys) {
      const limit = layer?.[key]
      if (limit !== undefined) merged[key] = limit
    }
    if (layer?.daily) merged.daily = { ...merged.daily, ...layer.daily }
  }
  return Object.keys(merged).length === 0 ? undefined : merged
}
