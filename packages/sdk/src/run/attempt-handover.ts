import { randomUUID } from 'node:crypto'

import type { SpanContext } from '@opentelemetry/api'

import { systemClock } from '../clock.ts'
import { errorType } from '../errors/error-type.ts'
import { logLine, warnLine } from '../log-lines.ts'
import { shownErrorType } from '../names.ts'
import { configuredOnceStore, type OnceStore, type StoredAttempt } from '../once/once-store.ts'
import { inTime } from '../once/store-time-limit.ts'
import type { Logger } from '../options.ts'
import { processWide } from '../process-wide.ts'
import { trip } from '../telemetry/guard.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import { isObject, propertyOf } from '../unknown-values.ts'
import type { BudgetUse } from './budget.ts'
import { spanContextOf, traceparentOf } from './traceparent.ts'

/** An attempt of a queue, as far as the next one needs it. */
interface HandedRun {
  readonly id: string
  readonly agentName: string
  readonly span: GuardedSpan
  readonly finished: boolean
  /** Its `budget` is set if the agent has one. */
  readonly record: { readonly budget?: unknown }
  readonly agent: { readonly logger: Logger | false }
  readonly limits: { use(): BudgetUse; continueFrom(use: object): void } | undefined
}

/** The part of its queue in it. */
interface HandedAttempt {
  readonly attempt: number
  readonly earlier: { readonly span: SpanContext | undefined } | undefined
}

/** A run waits this long for the store, and continues without it. */
const waitSeconds = 2
/** After an error the store is left alone for as long. */
const pauseMs = 30_000

const failing = processWide('failing-handovers/1', () => ({ until: new WeakMap<OnceStore, number>() }))

/**
 * Hands the span and the budget use of an attempt to the next one, in whichever process its queue makes it, through the store of once
 * tools. It is written when the attempt begins, and whenever it has used something, so that it survives `kill -9`.
 */
export class AttemptHandover {
  readonly #run: HandedRun
  readonly #attempt: HandedAttempt
  readonly #store = configuredOnceStore()
  readonly #owner = randomUUID()
  #isSaving = false
  #hasChanged = false

  constructor(run: HandedRun, attempt: HandedAttempt) {
    this.#run = run
    this.#attempt = attempt
  }

  /** Links the run to the attempt before, and adds its use. Returns a promise, which never rejects, if the store takes time. */
  begin(): Promise<void> | undefined {
    if (!this.#isAvailable) return undefined
    try {
      const before = this.#store.beginAttempt?.(this.#stored())
      if (!isPromise(before)) {
        this.#follow(before)
        return undefined
      }
      const followed = Promise.resolve(before).then((attempt) => this.#follow(attempt))
      return inTime(followed, waitSeconds).catch((error: unknown) => this.#failed(error))
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  /** Records what the run has used until now. */
  used(): void {
    this.#hasChanged = true
    if (this.#isSaving || !this.#run.record.budget || !this.#store.saveUse || !this.#isAvailable) return
    this.#isSaving = true
    this.#save().catch((error: unknown) => this.#failed(error))
  }

  get #isAvailable(): boolean {
    return (failing.until.get(this.#store) ?? 0) <= systemClock.now()
  }

  async #save(): Promise<void> {
    try {
      // Tokens, dollars and number of a model call are counted one after the other
      await Promise.resolve()
      while (this.#hasChanged) {
        this.#hasChanged = false
        const saved = this.#store.saveUse!({ ...this.#stored(), use: this.#run.limits!.use() })
        if (isPromise(saved)) await inTime(saved, waitSeconds)
      }
    } finally {
      this.#isSaving = false
    }
  }

  #stored(): StoredAttempt {
    const { id: executionId, agentName, span } = this.#run
    const context = span.spanContext()
    const { attempt } = this.#attempt
    return { executionId, agentName, attempt, owner: this.#owner, traceparent: context && traceparentOf(context) }
  }

  /** `before` comes from a store of the user. */
  #follow(before: unknown): void {
    failing.until.delete(this.#store)
    const { finished, span, limits } = this.#run
    const { attempt, earlier } = this.#attempt
    // An execution that begins again, such as one that was queued again by hand
    if (before === undefined || attempt === 1 || finished) return
    const context = spanContextOf(propertyOf(before, 'traceparent'))
    if (context && context.spanId !== earlier?.span?.spanId) span.link(context)
    const use = propertyOf(before, 'use')
    if (limits && isObject(use)) limits.continueFrom(use)
  }

  #failed(error: unknown): void {
    trip('option', error)
    const isKnown = failing.until.has(this.#store)
    failing.until.set(this.#store, systemClock.now() + pauseMs)
    // Once, until it works again
    if (isKnown) return
    const { agent, agentName } = this.#run
    const problem = 'cannot hand its attempt to the next process: the store of once tools failed'
    logLine(agent.logger, 'warn', warnLine(agentName, `${problem} (${shownErrorType(errorType(error))})`))
  }
}

const isPromise = (value: unknown): value is Promise<unknown> => typeof propertyOf(value, 'then') === 'function'
