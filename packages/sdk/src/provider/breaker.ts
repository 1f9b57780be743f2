import type { CircuitBreakerPolicy } from 'cockatiel'

import { guarded } from '../telemetry/guard.ts'
import type { BreakerOptions } from './provider-options.ts'

/** cockatiel would measure the time until a probe by the wall clock, which may go back: it may always probe, and this file decides when. */
interface NoPause {
  readonly duration: number
  next(): NoPause
}
const noPause: NoPause = { duration: Number.NEGATIVE_INFINITY, next: () => noPause }

type Cockatiel = typeof import('cockatiel')

let cockatiel: Cockatiel | undefined
let loading: Promise<void> | undefined

/** Loads cockatiel, which only processes with a breaker need. Until it has loaded, no breaker opens. */
export function loadBreakers(): Promise<void> {
  loading ??= import('cockatiel').then((loaded) => {
    cockatiel = loaded
  })
  return loading
}

/** The only call that an open breaker lets through. Exactly one verdict counts. */
export interface Probe {
  succeeded(): void
  failed(): void
  /** It ended without an answer of the provider, which shows nothing: another probe is due at once. */
  cancelled(): void
}

/** Closes cockatiel's state machine to what it protects: calls that have ended, and waiting runs. */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy
  readonly #isClosed: () => boolean
  readonly #isHalfOpen: () => boolean
  readonly #waiters = new Set<() => void>()
  #probeDueMs = 0
  #openedMs = 0
  /** The time until the next probe; 0 while it is closed. */
  #pauseMs = 0
  #isUndecided = false

  /** `changed` is called when it opens (`true`), also after a failed probe, and when it closes (`false`). */
  static create(options: BreakerOptions, changed: (isOpen: boolean) => void): Breaker | undefined {
    return cockatiel && new Breaker(cockatiel, options, changed)
  }

  private constructor(
    { circuitBreaker, CircuitState, CountBreaker, handleAll }: Cockatiel,
    { failureShare = 0.5, calls = 10, openSeconds = 5, maxOpenSeconds = 20 }: BreakerOptions,
    changed: (isOpen: boolean) => void,
  ) {
    const longestPauseMs = Math.max(maxOpenSeconds, openSeconds) * 1000
    const policy = circuitBreaker(handleAll, {
      breaker: new CountBreaker({ threshold: failureShare, size: calls, minimumNumberOfCalls: Math.ceil(calls / 2) }),
      halfOpenAfter: noPause,
    })
    this.#policy = policy
    this.#isClosed = () => policy.state === CircuitState.Closed
    this.#isHalfOpen = () => policy.state === CircuitState.HalfOpen
    policy.onBreak(() => {
      const nowMs = performance.now()
      if (!this.#isUndecided) {
        this.#openedMs = nowMs
        this.#pauseMs = this.#pauseMs === 0 ? openSeconds * 1000 : Math.min(this.#pauseMs * 2, longestPauseMs)
      }
      this.#probeDueMs = this.#isUndecided ? nowMs : nowMs + this.#pauseMs
      this.#isUndecided = false
      guarded('option', () => changed(true))
      this.#wake()
    })
    policy.onReset(() => {
      this.#pauseMs = 0
      guarded('option', () => changed(false))
      this.#wake()
    })
  }

  get isClosed(): boolean {
    return this.#isClosed()
  }

  /**
   * Counts a call that has ended. While a probe is due, only a success counts of a call that began after the opening: the provider is back.
   */
  learn(succeeded: boolean, startedMs: number): void {
    if (!this.#isClosed() && (!succeeded || !this.#isProbeDue() || startedMs < this.#openedMs)) return
    void this.#policy.execute(() => (succeeded ? undefined : Promise.reject(callFailed))).catch(() => {})
  }

  /** Returns the probe if one is due and no other run has it. */
  takeProbe(): Probe | undefined {
    if (this.#isClosed() || !this.#isProbeDue()) return undefined
    const verdict = Promise.withResolvers<void>()
    void this.#policy.execute(() => verdict.promise).catch(() => {})
    return {
      succeeded: () => verdict.resolve(),
      failed: () => verdict.reject(callFailed),
      cancelled: () => {
        this.#isUndecided = true
        verdict.reject(callFailed)
      },
    }
  }

  #isProbeDue(): boolean {
    return !this.#isHalfOpen() && performance.now() >= this.#probeDueMs
  }

  /** Milliseconds until a probe is due; undefined while one is in progress, and while it is closed. */
  msUntilProbe(): number | undefined {
    return this.#isHalfOpen() || this.#isClosed() ? undefined : Math.max(20, this.#probeDueMs - performance.now())
  }

  /** Calls `changed` once, when it next opens or closes; the returned function cancels it. */
  onceChanged(changed: () => void): () => void {
    this.#waiters.add(changed)
    return () => void this.#waiters.delete(changed)
  }

  #wake(): void {
    const waiters = Array.from(this.#waiters)
    this.#waiters.clear()
    for (const wake of waiters) wake()
  }
}

const callFailed = new Error('the model call failed')
