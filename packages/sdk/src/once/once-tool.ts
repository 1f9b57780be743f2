import { AsyncLocalStorage } from 'node:async_hooks'

import type { Attributes } from '@opentelemetry/api'

import { mayHaveHadEffect } from '../errors/effect-of-error.ts'
import { toolLabel } from '../inference/begin-tool-call.ts'
import { InvalidOptionsError, type OptionProblem } from '../invalid-options-error.ts'
import { logLine } from '../log-lines.ts'
import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'
import type { Execution } from '../run/execution.ts'
import { attemptsAreFollowed, runningAttempt } from '../run/running-attempt.ts'
import { guarded, trip } from '../telemetry/guard.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import { add, type AgentSeries, instruments } from '../telemetry/instruments.ts'
import { isInstance, isOptions } from '../unknown-values.ts'
import { OnceCalls, type OnUncertain } from './once-calls.ts'
import { idempotencyKeyOf, keyOfArguments, ownKey } from './once-key.ts'
import type { OnceOptions } from './once-options.ts'
import { configuredOnceStore, onceStoreProblem, setOnceStore, type OnceCall, type OnceStore } from './once-store.ts'
import { defaultStoreSeconds } from './store-time-limit.ts'

/** The tool that the calling code belongs to. */
export interface CurrentTool {
  readonly name: string
  /**
   * A text in the form of a UUID for an `Idempotency-Key` header: equal for the same call in every attempt, and in every process that
   * continues the execution.
   */
  readonly idempotencyKey: string
}

const currentTools = processWide('current-tool/1', () => new AsyncLocalStorage<CurrentTool>())

/** Returns the tool with `once` that the calling code belongs to; undefined in other tools, and outside a run. */
export function currentTool(): CurrentTool | undefined {
  return currentTools.getStore()
}

/**
 * Sets where the results of `once` tools are kept, for all tools without a store of their own.
 *
 * @throws {InvalidOptionsError} if `store` is not a {@link OnceStore}.
 *
 * @example
 * configureOnce({ store: sqliteOnceStore('once.db') })
 */
export function configureOnce(options: { readonly store: OnceStore }): void {
  if (!isOptions(options))
    throw new InvalidOptionsError('configureOnce', [{ option: 'options', rule: 'must be an object', value: options }])
  const problems: OptionProblem[] = Object.entries(options)
    .filter(([option]) => option !== 'store')
    .map(([option, value]) => ({ option, rule: 'is not an option; the options are store', value }))
  const rule = onceStoreProblem(options.store)
  if (rule !== undefined) problems.push({ option: 'store', rule, value: options.store })
  if (problems.length > 0) throw new InvalidOptionsError('configureOnce', problems)
  setOnceStore(options.store)
}

/** The span of a call, and what it learns about it. */
interface ObservedCall {
  readonly span: GuardedSpan
  readonly execution: Execution | undefined
  /** Called if the result is that of an earlier call. */
  reused(): void
}

/** A tool that is called once for each call of an execution. */
export class OnceTool {
  readonly #name: string
  readonly #options: OnceOptions<never, never>
  readonly #labels = new Map<AgentSeries, Attributes>()
  readonly #code: string
  #hasWarned = false

  constructor(name: string, fn: unknown, once: true | OnceOptions<never, never>) {
    this.#name = name
    this.#code = Function.prototype.toString.call(fn)
    this.#options = once === true ? {} : once
    attemptsAreFollowed.value = true
  }

  /** Calls `invoke`, or resolves with the result of the call of an earlier attempt. Outside a run it only calls. */
  async call(observed: ObservedCall, args: readonly unknown[], invoke: () => unknown): Promise<unknown> {
    const { execution } = observed
    if (!execution) return invoke()
    const {
      key: makeKey,
      onUncertain = 'fail',
      uncertainIf = mayHaveHadEffect,
      storeTimeoutSeconds = defaultStoreSeconds,
    } = this.#options
    const tool = this.#name
    const key = makeKey ? ownKey(tool, makeKey, args) : keyOfArguments(tool, args)
    const labels = this.#labelsFor(execution.series)
    const store = this.#options.store ?? configuredOnceStore()
    if (!store.isDurable && execution.continued?.hasUnseenAttempts) this.#unseen(execution, observed.span, labels)
    return callsOf(execution, store).make({
      tool,
      code: this.#code,
      key,
      isOwnKey: makeKey !== undefined,
      attempt: attemptOf(execution),
      signal: () => execution.signal,
      storeSeconds: storeTimeoutSeconds,
      onUncertain: onUncertain as OnUncertain,
      isUncertain: (error) => {
        try {
          const answer: unknown = uncertainIf(error)
          if (!isInstance(answer, Promise)) return Boolean(answer)
          answer.catch(() => {})
          throw new TypeError('once.uncertainIf must return a boolean, not a promise')
        } catch (thrown) {
          trip('option', thrown)
          return true
        }
      },
      invoke: (call) => {
        // Stopped while the store recorded the call
        execution.limits?.throwIfStopped()
        return currentTools.run(new Current(call), invoke)
      },
      reused: () => {
        observed.span.set(attribute.toolReused, true)
        observed.reused()
        if (!execution.finished) execution.record.reusedToolCalls += 1
        add(instruments().toolReused, 1, labels)
      },
      uncertain: (isNew) => {
        observed.span.set(attribute.toolUncertain, true)
        if (isNew) add(instruments().toolUncertain, 1, labels)
      },
      notStored: (problem, error) => {
        observed.span.set(attribute.toolUncertain, true)
        add(instruments().toolUncertain, 1, labels)
        this.#warn(execution, problem, error)
      },
      warn: (problem) => this.#warn(execution, problem, undefined),
    })
  }

  /** The label set of an agent, created once. Both counters then start at 0, so that the first call is an increase for `rate()`. */
  #labelsFor(series: AgentSeries): Attributes {
    const known = this.#labels.get(series)
    if (known) return known
    const labels = { [attribute.agentName]: series.agentName, [attribute.toolName]: toolLabel(this.#name) }
    this.#labels.set(series, labels)
    add(instruments().toolReused, 0, labels)
    add(instruments().toolUncertain, 0, labels)
    return labels
  }

  /** An attempt of another process, which a store in memory does not know, may have had the effect. */
  #unseen(execution: Execution, span: GuardedSpan, labels: Attributes): void {
    span.set(attribute.toolUncertain, true)
    add(instruments().toolUncertain, 1, labels)
    const problem = 'may repeat its effect: another process made the attempts before, and its store does not survive a process'
    this.#log(execution, `${problem}; use sqliteOnceStore or postgresOnceStore`)
  }

  /** Once per tool: the counter shows how often. */
  #warn(execution: Execution, problem: string, error: unknown): void {
    const reason = error instanceof Error ? ` (${error.name})` : ''
    this.#log(execution, `has had its effect, but ${problem}${reason}`)
  }

  #log(execution: Execution, text: string): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    logLine(execution.agent.logger, 'error', `[ONCE] the tool ${this.#name} ${text}`)
  }
}

/** Its key is computed only if the tool asks for it. */
class Current implements CurrentTool {
  readonly #call: OnceCall

  constructor(call: OnceCall) {
    this.#call = call
  }

  get name(): string {
    return this.#call.tool
  }

  get idempotencyKey(): string {
    return idempotencyKeyOf(this.#call)
  }
}

/** The number of the calling attempt among those that share their calls. */
function attemptOf({ continued }: Execution): number {
  const attempt = runningAttempt.getStore() ?? 0
  return continued ? continued.numbered(attempt) : attempt
}

/** The calls of an execution in a store. Another process may change those in a durable one, so each invocation of a queue reads them. */
function callsOf(execution: Execution, store: OnceStore): OnceCalls {
  const shared = store.isDurable ? undefined : execution.continued?.calls
  const stores = shared?.byStore ?? (execution.onceCalls ??= new Map())
  const known = stores.get(store) as OnceCalls | undefined
  if (known) return known
  const calls = new OnceCalls(execution.id, store)
  stores.set(store, calls)
  // Called by code that was left behind: a store in memory would keep the call forever
  if (!store.isDurable && (shared ? shared.isEnded : execution.finished)) guarded('option', () => calls.release())
  return calls
}
