import type { Clock } from '../clock.ts'
import { logLine, warnLine } from '../log-lines.ts'
import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { attribute, budgetLabels } from '../names.ts'
import type { Logger } from '../options.ts'
import type { StreamLimit } from '../stream/watch-iterator.ts'
import { add, instruments, type AgentSeries } from '../telemetry/instruments.ts'
import { budgetKeys, BudgetExceededError, shownAmount, type Budget, type BudgetKey, type BudgetUse } from './budget.ts'
import { LoopGuard, type LoopLimit } from './loop-guard.ts'

/** A run, as far as its limits need it. */
interface LimitedRun {
  readonly record: ExecutionRecord
  readonly series: AgentSeries
  readonly clock: Clock
  readonly agent: { readonly name: string; readonly logger: Logger | false }
  elapsedSeconds(): number
}

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
  #hasWarned = false
  #cancelTimer: (() => void) | undefined

  readonly #loop: LoopGuard | undefined

  constructor(
    run: LimitedRun,
    { budget = {}, loop }: { readonly budget?: Budget | undefined; readonly loop?: LoopLimit | undefined },
  ) {
    this.#run = run
    this.#budget = budget
    this.#loop = loop && new LoopGuard(loop)
    if (budget.seconds !== undefined) this.#startTimer(budget.seconds)
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

  /** Calls `stopped` when the run is stopped. */
  onStop(stopped: (error: Error) => void): void {
    this.#listeners.add(stopped)
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

  /** Compares the use with the budget; to be called after every change of the record. */
  check(): void {
    if (this.#isClosed) return
    const { record } = this.#run
    const { usd, tokens, modelCalls, toolCalls } = this.#budget
    if (usd !== undefined) this.#compare('usd', record.costUsd, usd)
    if (tokens !== undefined) this.#compare('tokens', record.inputTokens + record.outputTokens, tokens)
    if (modelCalls !== undefined) this.#compare('modelCalls', record.modelCalls, modelCalls)
    if (toolCalls !== undefined) this.#compare('toolCalls', record.toolCalls, toolCalls)
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
    this.#isClosed = true
    this.#cancelTimer?.()
    this.#listeners.clear()
  }

  #compare(key: BudgetKey, used: number, limit: number): void {
    // Sums of decimal fractions are off in the last digit
    if (used > limit * (1 + 1e-9)) this.#exceeded(key, limit)
    else if (used >= limit * warnFrom && limit > 0) this.#warn(key, used, limit)
  }

  #exceeded(key: BudgetKey, limit: number): void {
    if (this.#isClosed) return
    const { series } = this.#run
    add(instruments().budgetExceeded, 1, { ...series.agent, [attribute.budget]: budgetLabels[key] })
    this.#stop(new BudgetExceededError(key, limit, this.#use()))
  }

  #stop(error: Error): void {
    this.#isClosed = true
    this.#error = error
    this.#cancelTimer?.()
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

  #use(): BudgetUse {
    const { record } = this.#run
    const tokens = record.inputTokens + record.outputTokens
    const { costUsd: usd, modelCalls, toolCalls } = record
    return { usd, tokens, modelCalls, toolCalls, seconds: this.#run.elapsedSeconds() }
  }

  #startTimer(seconds: number): void {
    const { clock } = this.#run
    this.#cancelTimer = clock.after(seconds * warnFrom * 1000, () => {
      this.#warn('seconds', seconds * warnFrom, seconds)
      this.#cancelTimer = clock.after(seconds * (1 - warnFrom) * 1000, () => this.#exceeded('seconds', seconds))
    })
  }
}

/** Records every limit of a budget with 0, so that the first excess is an increase for `rate()`. */
export function writeBudgetZeros(series: AgentSeries, budget: Budget): void {
  for (const key of budgetKeys) {
    if (budget[key] !== undefined)
      add(instruments().budgetExceeded, 0, { ...series.agent, [attribute.budget]: budgetLabels[key] })
  }
}
