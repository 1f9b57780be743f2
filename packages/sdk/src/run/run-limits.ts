import type { Clock } from '../clock.ts'
import { logLine, warnLine } from '../log-lines.ts'
import type { ExecutionRecord, RunBudget } from '../monitor/execution-record.ts'
import { attribute, budgetLabels, dailyBudgetLabels } from '../names.ts'
import type { Logger } from '../options.ts'
import type { StreamLimit } from '../stream/watch-iterator.ts'
import { add, instruments, type AgentSeries } from '../telemetry/instruments.ts'
import { isAmount, propertyOf } from '../unknown-values.ts'
import { shownAmount } from './amounts.ts'
import { budgetKeys, BudgetExceededError, type Budget, type BudgetKey, type BudgetUse } from './budget.ts'
import { type DailyAccount, DailyBudgetExceededError, dailyBudgetKeys, type DailyBudgetKey } from './daily-budget.ts'
import { LoopGuard, type LoopLimit } from './loop-guard.ts'

/** A run, as far as its limits need it. */
interface LimitedRun {
  readonly record: ExecutionRecord
  readonly series: AgentSeries
  readonly clock: Clock
  /** Stops while the run is paused. */
  readonly runClock: Clock
  readonly agent: {
    readonly name: string
    readonly logger: Logger | false
    budget(): Budget | undefined
    loop(): LoopLimit | undefined
    dailyAccount(): DailyAccount | undefined
  }
  readonly parent: { readonly limits: RunLimits | undefined } | undefined
  /** If a queue owns the retries: what the attempts before have used, as far as this process knows. */
  readonly continued: { readonly earlier: { readonly use: BudgetUse | undefined } | undefined } | undefined
  secondsHere(): number
}

/** Returns the limits of a run: those of its agent, and those of the run that it is part of; undefined if there are none. */
export function limitsOf(run: LimitedRun): RunLimits | undefined {
  const budget = run.agent.budget()
  const loop = run.agent.loop()
  const above = run.parent?.limits
  if (!budget && !loop && !above) return undefined
  return new RunLimits(run, { budget, loop, above, account: budget?.daily && run.agent.dailyAccount() })
}

/** An amount that a run adds up; its seconds pass by themselves. */
export type SpentKey = DailyBudgetKey

/** Share of a limit from which a line warns. */
const warnFrom = 0.8

/** Stops a run that exceeds its budget or repeats a tool call: the waiting caller is rejected first, then the signal of the run aborts. */
export class RunLimits {
  readonly #run: LimitedRun
  readonly #budget: Budget
  readonly #controller = new AbortController()
  readonly #listeners = new Set<(error: Error) => void>()
  #error: Error | undefined
  #isClosed = false
  #hasEnded = false
  #hasWarned = false
  #cancelTimer: (() => void) | undefined
  readonly #loop: LoopGuard | undefined
  readonly #account: DailyAccount | undefined
  readonly #used: RunBudget['used']
  #earlierSeconds: number
  /** The use of earlier attempts of a queue. */
  #earlier: BudgetUse | undefined
  readonly #forget: (() => void)[] = []
  /** Whether a limit of the run that this one is part of has stopped it. */
  isStoppedFromAbove = false

  constructor(
    run: LimitedRun,
    {
      budget = {},
      loop,
      above,
      account,
    }: {
      readonly budget?: Budget | undefined
      readonly loop?: LoopLimit | undefined
      readonly above?: RunLimits | undefined
      readonly account?: DailyAccount | undefined
    },
  ) {
    this.#run = run
    this.#budget = budget
    this.#loop = loop && new LoopGuard(loop)
    this.#account = account
    const { daily: _, ...limits } = budget
    this.#earlier = run.continued?.earlier?.use
    const { seconds: earlierSeconds = 0, ...earlier } = this.#earlier ?? {}
    this.#earlierSeconds = earlierSeconds
    this.#used = { usd: 0, tokens: 0, modelCalls: 0, toolCalls: 0, ...earlier }
    if (Object.keys(limits).length > 0) run.record.budget = { limits, used: this.#used }
    if (above) this.#follow(above)
    if (account && !this.#error) this.#followDay(account)
    if (this.#earlier && !this.#error) this.#compareEarlier()
    if (budget.seconds !== undefined && !this.#error) this.#startTimer(budget.seconds)
  }

  /** Whether US dollars of the run are limited, by its own budgets or by that of a run that it is part of. */
  get hasUsd(): boolean {
    const { usd, daily } = this.#budget
    return usd !== undefined || daily?.usd !== undefined || (this.#run.parent?.limits?.hasUsd ?? false)
  }

  /** Aborts when the run is stopped. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why the run was stopped. */
  get error(): Error | undefined {
    return this.#error
  }

  throwIfStopped(): void {
    if (this.#error) throw this.#error
  }

  /** Settles like `promise`, or rejects when the run is stopped first. */
  until<T>(promise: PromiseLike<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => void this.#listeners.delete(reject)
      this.#listeners.add(reject)
      if (this.#error) reject(this.#error)
      Promise.resolve(promise).then(resolve, reject).finally(settle)
    })
  }

  /** Calls `stopped` when the run is stopped; the returned function ends that. */
  onStop(stopped: (error: Error) => void): () => void {
    this.#listeners.add(stopped)
    return () => void this.#listeners.delete(stopped)
  }

  /** Adds these limits to those of a stream. */
  ofStream(inner: StreamLimit | undefined): StreamLimit {
    return {
      isPassed: () => this.#error !== undefined || (inner?.isPassed() ?? false),
      throwIfPassed: () => {
        this.throwIfStopped()
        inner?.throwIfPassed()
      },
      pull: async (call) => {
        this.throwIfStopped()
        return await this.until(inner ? inner.pull(call) : call())
      },
    }
  }

  /** The use until now, with that of earlier attempts if a queue owns the retries. */
  use(): BudgetUse {
    return { ...this.#used, seconds: this.#earlierSeconds + this.#run.secondsHere() }
  }

  /** Adds the use of earlier attempts in other processes; `use` comes from a store. */
  continueFrom(use: object): void {
    const known = this.#earlier
    const total = { usd: 0, tokens: 0, modelCalls: 0, toolCalls: 0, seconds: 0, ...known }
    for (const key of budgetKeys) {
      const amount = propertyOf(use, key)
      const more = isAmount(amount) ? amount - (known?.[key] ?? 0) : 0
      if (more <= 0) continue
      total[key] += more
      if (key === 'seconds') this.#addSeconds(more)
      else this.spent(key, more)
    }
    this.#earlier = total
  }

  /** Counts what the run, or one that it started, used, and compares it with the budget. */
  spent(key: SpentKey, amount: number): void {
    if (this.#hasEnded) return
    const used = (this.#used[key] += amount)
    const limit = this.#budget[key]
    if (limit !== undefined && !this.#isClosed) this.#compare(key, used, limit)
  }

  /** Adds what code that the run left behind used, for the next attempt of its queue. */
  spentLate(key: SpentKey, amount: number): void {
    this.#used[key] += amount
  }

  /** Counts what the run itself used in the daily budget of its agent. */
  spentToday(key: SpentKey, amount: number): void {
    const { agent, clock } = this.#run
    this.#account?.spent(key, amount, clock.wallClock(), (text) => logLine(agent.logger, 'warn', warnLine(agent.name, text)))
  }

  /** Compares a tool call with the earlier ones of the attempt. */
  toolCalled(tool: string, args: readonly unknown[]): void {
    const error = this.#isClosed ? undefined : this.#loop?.called(tool, args)
    if (error) this.#stop(error)
  }

  attemptStarted(): void {
    this.#loop?.reset()
  }

  /** The run has ended; nothing stops it any more. */
  close(): void {
    this.#isClosed = this.#hasEnded = true
    this.#release()
    this.#loop?.reset()
    this.#listeners.clear()
  }

  #release(): void {
    this.#cancelTimer?.()
    for (const forget of this.#forget.splice(0)) forget()
  }

  /** Ends with the run that this one is part of. */
  #follow(above: RunLimits): void {
    const stop = (error: Error): void => {
      this.isStoppedFromAbove = true
      this.#stop(error)
    }
    if (above.error) stop(above.error)
    else this.#forget.push(above.onStop(stop))
  }

  #followDay(account: DailyAccount): void {
    const end = (error: DailyBudgetExceededError): void => {
      if (this.#isClosed) return
      this.#count(dailyBudgetLabels[error.budget])
      this.#stop(error)
    }
    const refusal = account.refusal(this.#run.clock.wallClock())
    if (refusal) end(refusal)
    else this.#forget.push(account.onStop(end))
  }

  #count(budget: string): void {
    add(instruments().budgetExceeded, 1, { ...this.#run.series.agent, [attribute.budget]: budget })
  }

  /** Earlier attempts, or code that they left behind, may have used more than there was. */
  #compareEarlier(): void {
    for (const key of budgetKeys) {
      if (key === 'seconds') continue
      const limit = this.#budget[key]
      if (limit !== undefined) this.#compare(key, this.#used[key], limit)
    }
  }

  #compare(key: BudgetKey, used: number, limit: number): void {
    // Sums of decimal fractions are off in the last digit
    if (used > limit * (1 + 1e-9)) this.#exceeded(key, limit)
    else if (used >= limit * warnFrom && limit > 0) this.#warn(key, used, limit)
  }

  #exceeded(key: BudgetKey, limit: number): void {
    if (this.#isClosed) return
    this.#count(budgetLabels[key])
    this.#stop(new BudgetExceededError(key, limit, this.use()))
  }

  #stop(error: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#error = error
    this.#release()
    // First the waiting caller, then the signal: a function that rejects at once with an abort of its own has still been stopped
    for (const stopped of Array.from(this.#listeners)) stopped(error)
    this.#controller.abort(error)
  }

  #warn(key: BudgetKey, used: number, limit: number): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const { name, logger } = this.#run.agent
    const share = Math.floor((100 * used) / limit)
    logLine(logger, 'warn', warnLine(name, `has used ${share} % of its budget of ${shownAmount(key, limit)}`))
  }

  #addSeconds(seconds: number): void {
    this.#earlierSeconds += seconds
    const limit = this.#budget.seconds
    if (limit === undefined || this.#isClosed) return
    this.#cancelTimer?.()
    if (this.#earlierSeconds >= limit) this.#exceeded('seconds', limit)
    else this.#startTimer(limit)
  }

  #startTimer(seconds: number): void {
    const { runClock: clock } = this.#run
    const now = this.#earlierSeconds + this.#run.secondsHere()
    const warnAt = Math.max(now, seconds * warnFrom)
    this.#cancelTimer = clock.after((warnAt - now) * 1000, () => {
      this.#warn('seconds', warnAt, seconds)
      this.#cancelTimer = clock.after(Math.max(0, seconds - warnAt) * 1000, () => this.#exceeded('seconds', seconds))
    })
  }
}

/** Records every limit of a budget with 0, so that the first excess is an increase for `rate()`. */
export function writeBudgetZeros(series: AgentSeries, { daily = {}, ...budget }: Budget): void {
  const labels = [
    ...budgetKeys.flatMap((key) => (budget[key] === undefined ? [] : budgetLabels[key])),
    ...dailyBudgetKeys.flatMap((key) => (daily[key] === undefined ? [] : dailyBudgetLabels[key])),
  ]
  for (const label of labels) add(instruments().budgetExceeded, 0, { ...series.agent, [attribute.budget]: label })
}
