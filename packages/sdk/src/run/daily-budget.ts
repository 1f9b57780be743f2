import { clockNumber } from '../clock.ts'
import type { OptionProblem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { shownAmount, usables } from './amounts.ts'

/**
 * Limits of all runs of an agent in this process in a day, which begins at midnight UTC. What agents that it calls use is part of their
 * own daily budgets, as in the metrics.
 */
export interface DailyBudget {
  /** US dollars. @default none */
  readonly usd?: number | undefined
  /** Input and output tokens together. @default none */
  readonly tokens?: number | undefined
  /** Model calls. @default none */
  readonly modelCalls?: number | undefined
  /** Tool calls. @default none */
  readonly toolCalls?: number | undefined
  /**
   * Effect of a limit that is used up, until midnight: `refuse` rejects new runs with a {@link DailyBudgetExceededError}, and active ones
   * continue; `stop` also ends the active runs; `warn` only logs a line. @default 'refuse'
   */
  readonly whenExceeded?: 'refuse' | 'stop' | 'warn' | undefined
}

/** A limit of a {@link DailyBudget}. */
export type DailyBudgetKey = Exclude<keyof DailyBudget, 'whenExceeded'>

/** Use of an agent since midnight UTC. */
export type DailyUse = Readonly<Record<DailyBudgetKey, number>>

/** Every limit that a daily budget can have. */
export const dailyBudgetKeys: readonly DailyBudgetKey[] = usables.filter((key) => key !== 'seconds')

/** The error of a run that was refused or ended because the daily budget of its agent is used up. It is not retried. */
export class DailyBudgetExceededError extends Error {
  override readonly name = 'DailyBudgetExceededError'
  readonly code = 'daily_budget_exceeded'
  readonly isRetryable = false
  /** The limit that is used up. */
  readonly budget: DailyBudgetKey
  readonly limit: number
  /** All that the agent used in this process since midnight UTC. */
  readonly spent: DailyUse
  /** The next midnight UTC, in milliseconds since 1970. */
  readonly resetsAt: number

  constructor(budget: DailyBudgetKey, limit: number, spent: DailyUse, resetsAt: number) {
    super(
      `the agent used its daily budget of ${shownAmount(budget, limit)}: ${shownAmount(budget, spent[budget])} used, ` +
        `it begins again at ${new Date(resetsAt).toISOString().slice(0, 16)}Z`,
    )
    this.budget = budget
    this.limit = limit
    this.spent = spent
    this.resetsAt = resetsAt
  }
}

const dayMs = 86_400_000
const actions: readonly unknown[] = ['refuse', 'stop', 'warn']

/** Returns the problems of a daily budget; `prefix` precedes the name of each option. */
export function dailyProblems(daily: object, prefix: string): OptionProblem[] {
  const problems: OptionProblem[] = []
  for (const [key, value] of Object.entries(daily)) {
    const option = prefix + key
    if (key === 'whenExceeded') {
      if (value !== undefined && !actions.includes(value))
        problems.push({ option, rule: "must be 'refuse', 'stop' or 'warn'", value })
    } else if (!dailyBudgetKeys.includes(key as DailyBudgetKey)) {
      const rule = `is not an option; the options are ${dailyBudgetKeys.join(', ')}, whenExceeded`
      problems.push({ option, rule, value })
    } else if (value !== undefined && !isLimit(key, value)) {
      problems.push({ option, rule: key === 'usd' ? 'must be US dollars above 0' : 'must be an integer >= 1', value })
    }
  }
  return problems
}

function isLimit(key: string, value: unknown): boolean {
  if (typeof value !== 'number' || !(value > 0) || value === Infinity) return false
  return key === 'usd' || Number.isInteger(value)
}

/** Share of a limit from which a line warns. */
const warnFrom = 0.8

/** The use of an agent in this process since midnight UTC, against its daily budget. */
export class DailyAccount {
  /** The name of the agent on metrics. */
  readonly label: string
  budget: DailyBudget
  readonly #stoppable = new Set<(error: DailyBudgetExceededError) => void>()
  #day = -1
  #used = newUse()
  #hasWarned = false
  #isExceeded = false

  constructor(label: string, budget: DailyBudget) {
    this.label = label
    this.budget = budget
  }

  /** Calls `stop` when a limit is exceeded for which `whenExceeded` is `stop`; the returned function ends that. */
  onStop(stop: (error: DailyBudgetExceededError) => void): () => void {
    this.#stoppable.add(stop)
    return () => void this.#stoppable.delete(stop)
  }

  /** The use until `wallClockMs`. */
  used(wallClockMs: number): DailyUse {
    this.#begin(wallClockMs)
    return { ...this.#used }
  }

  /** Returns the error for a new run if it must be refused. */
  refusal(wallClockMs: number): DailyBudgetExceededError | undefined {
    this.#begin(wallClockMs)
    if (this.budget.whenExceeded === 'warn') return undefined
    // What is used up exactly leaves nothing for another run
    const key = dailyBudgetKeys.find((each) => this.#used[each] >= (this.budget[each] ?? Infinity) * (1 - 1e-9))
    return key && this.#error(key)
  }

  /** Counts what a run used; `warn` receives a line for the log at 80 % and at 100 %, once in a day. */
  spent(key: DailyBudgetKey, amount: number, wallClockMs: number, warn: (text: string) => void): void {
    this.#begin(wallClockMs)
    const used = (this.#used[key] += amount)
    const limit = this.budget[key]
    if (limit === undefined) return
    // Sums of decimal fractions are off in the last digit
    if (used >= limit * (1 - 1e-9)) {
      if (!this.#isExceeded) warn(`has used its daily budget of ${shownAmount(key, limit)}: ${this.#effect()}`)
      this.#isExceeded = true
      if (this.budget.whenExceeded !== 'stop' || used <= limit * (1 + 1e-9)) return
      const error = this.#error(key)
      for (const stop of Array.from(this.#stoppable)) stop(error)
    } else if (used >= limit * warnFrom && !this.#hasWarned) {
      this.#hasWarned = true
      warn(`has used ${Math.floor((100 * used) / limit)} % of its daily budget of ${shownAmount(key, limit)}`)
    }
  }

  #effect(): string {
    const until = `until ${new Date((this.#day + 1) * dayMs).toISOString().slice(0, 16)}Z`
    const { whenExceeded = 'refuse' } = this.budget
    if (whenExceeded === 'warn') return 'its runs continue'
    return whenExceeded === 'stop' ? `its runs are ended, and new ones refused ${until}` : `new runs are refused ${until}`
  }

  #error(key: DailyBudgetKey): DailyBudgetExceededError {
    return new DailyBudgetExceededError(key, this.budget[key]!, { ...this.#used }, (this.#day + 1) * dayMs)
  }

  #begin(wallClockMs: number): void {
    const day = Math.floor(wallClockMs / dayMs)
    // Not when the clock of the machine goes back over midnight; a clock that was days ahead was wrong
    if (day === this.#day || day === this.#day - 1) return
    this.#day = day
    this.#used = newUse()
    this.#hasWarned = this.#isExceeded = false
  }
}

const newUse = (): Record<DailyBudgetKey, number> => ({ usd: 0, tokens: 0, modelCalls: 0, toolCalls: 0 })

/** Agents beyond these have no daily budget of their own: names may be made up for each run. */
const maxAccounts = 1_000
const known = processWide('daily-accounts/2', () => ({ accounts: new Map<string, DailyAccount>(), clock: -1 }))

/** Returns the account of an agent, with this budget from now on; agents beyond the first 1,000 share the one of their metric name. */
export function dailyAccount(agentName: string, label: string, budget: DailyBudget): DailyAccount {
  const { accounts } = known
  // A clock of a test begins another day, so that no test uses up the budget of the next one
  if (known.clock !== clockNumber()) accounts.clear()
  known.clock = clockNumber()
  const key = accounts.has(agentName) || accounts.size < maxAccounts ? agentName : label
  let account = accounts.get(key)
  if (!account) accounts.set(key, (account = new DailyAccount(label, budget)))
  account.budget = budget
  return account
}

/** The daily limits of the agents that have run in this process. Of agents that share a name on metrics, the highest limit. */
export function dailyLimits(): { agentName: string; key: DailyBudgetKey; limit: number }[] {
  const limits = new Map<string, { agentName: string; key: DailyBudgetKey; limit: number }>()
  for (const { label: agentName, budget } of known.accounts.values()) {
    for (const key of dailyBudgetKeys) {
      const limit = budget[key]
      const id = `${key} ${agentName}`
      if (limit !== undefined && !((limits.get(id)?.limit ?? 0) > limit)) limits.set(id, { agentName, key, limit })
    }
  }
  return [...limits.values()]
}
