import { attribute, otherError, type ProviderOutcome, type RetryAvoidedReason } from '../names.ts'
import { add, instruments } from '../telemetry/instruments.ts'
import { Breaker } from './breaker.ts'
import type { KnownProvider } from './known-providers.ts'
import type { BreakerOptions } from './provider-options.ts'
import type { Quota, RateLimit } from './rate-limits.ts'
import { RecentCounts } from './recent-counts.ts'

/** Window of the retry budget. */
const budgetSeconds = 10
/** Retries that the retry budget always allows in its window, so that an agent with few calls can retry. */
const freeRetries = 10
/** Runs that waited return at most this far apart, however few calls there were. */
const longestGapMs = 1000
const shortestProbeMs = 30_000
/** No longer wait is shared: milliseconds taken for seconds, or a date of another century, would end the retries of a process forever. */
const longestSharedSeconds = 86_400
/** A call that succeeds ends a longer wait than this: shorter ones pass by themselves, and a small call may succeed before they do. */
const longestKeptSeconds = 60

/** A model call that has ended. */
export interface LearnedCall {
  readonly outcome: ProviderOutcome
  readonly startedMs: number
  /** Seconds until the next call, if the response asks for a wait. */
  readonly waitSeconds: number | undefined
  readonly limits: readonly RateLimit[]
}

/** The knowledge of this process about one provider and model. All times are on the clock of the process. */
export class ProviderState implements KnownProvider {
  readonly provider: string
  readonly model: string
  /** Labels of the metrics. */
  readonly labels: Readonly<Record<string, string>>
  readonly quotas: Map<Quota, RateLimit & { readonly learnedMs: number }> = new Map()
  breaker: Breaker | undefined = undefined
  /** The time for which the provider has asked. */
  notBeforeMs = 0
  /** Number of the clock under which this was learned: another clock makes it worthless. */
  readonly clockNumber: number
  readonly #calls = new RecentCounts(60)
  readonly #budgetCalls = new RecentCounts(budgetSeconds)
  readonly #budgetRetries = new RecentCounts(budgetSeconds)
  /** When the provider last asked for a wait. */
  #askedAtMs = 0
  #callsPerSecond = 0
  #meanMs = 0
  #nextTurnMs = 0
  #lastTurnOf: object | undefined
  #isOpen = false
  #isAnnounced = false

  constructor(provider: string, model: string, labels: Readonly<Record<string, string>>, clockNumber: number) {
    this.provider = provider
    this.model = model
    this.labels = labels
    this.clockNumber = clockNumber
  }

  /** Name of this provider and model in a message; of the model alone if the provider is unknown. */
  get shownName(): string {
    return this.provider === otherError ? this.model : `${this.model} by ${this.provider}`
  }

  /** The longest time for a probe: three times the mean of earlier calls, at least 30 s. */
  get probeTimeoutMs(): number {
    return Math.max(3 * this.#meanMs, shortestProbeMs)
  }

  /** Returns true once each time the breaker opens, for a single log line. */
  announceOpening(): boolean {
    const isNew = this.#isOpen && !this.#isAnnounced
    if (isNew) this.#isAnnounced = true
    return isNew
  }

  /** Creates the breaker if it can be created and does not exist. The options of the first agent count. */
  needBreaker(options: BreakerOptions): void {
    this.breaker ??= Breaker.create(options, (isOpen) => {
      const nowMs = performance.now()
      // Until it opened, the rate was normal
      if (isOpen && !this.#isOpen) this.#callsPerSecond = this.#calls.perSecond(nowMs)
      if (!isOpen) this.#nextTurnMs = nowMs
      this.#isOpen = isOpen
      if (!isOpen) this.#isAnnounced = false
    })
  }

  /** Learns from a model call that has ended. */
  ended({ outcome, startedMs, waitSeconds, limits }: LearnedCall): void {
    const nowMs = performance.now()
    this.#calls.add(nowMs)
    this.#budgetCalls.add(nowMs)
    for (const limit of limits) this.quotas.set(limit.quota, { ...limit, learnedMs: nowMs })
    if (waitSeconds !== undefined) this.askedToWait(waitSeconds)
    this.count(outcome)
    if (outcome === 'cancelled') return
    const succeeded = outcome === 'success' || outcome === 'error'
    if (outcome === 'success' && startedMs > this.#askedAtMs && this.askedSeconds() > longestKeptSeconds) this.notBeforeMs = 0
    if (succeeded) this.#meanMs += (nowMs - startedMs - this.#meanMs) * (this.#meanMs === 0 ? 1 : 0.05)
    this.breaker?.learn(succeeded, startedMs)
  }

  /** Counts a model call that has ended. */
  count(outcome: ProviderOutcome): void {
    add(instruments().providerRequests, 1, { ...this.labels, [attribute.outcome]: outcome })
  }

  /** Learns that the provider asked for a wait. */
  askedToWait(seconds: number): void {
    this.#askedAtMs = performance.now()
    this.notBeforeMs = Math.max(this.notBeforeMs, this.#askedAtMs + Math.min(seconds, longestSharedSeconds) * 1000)
  }

  /** Returns the seconds for which the provider has asked, counted from now; 0 if none are left. */
  askedSeconds(): number {
    return Math.max(0, this.notBeforeMs - performance.now()) / 1000
  }

  /**
   * Returns the seconds until the turn of a run that waited, so that runs return one after the other at the rate of normal times. Asked
   * again by the same run, it does not queue behind itself. `waitsAsAsked` is false for a run that may not wait as long as the provider
   * has asked.
   */
  takeTurn(of: object, waitsAsAsked = true): number {
    const nowMs = performance.now()
    const earliestMs = waitsAsAsked ? Math.max(nowMs, this.notBeforeMs) : nowMs
    const atMs = this.#lastTurnOf === of ? earliestMs : Math.max(earliestMs, this.#nextTurnMs)
    this.#lastTurnOf = of
    this.#nextTurnMs = Math.max(this.#nextTurnMs, atMs + this.#gapMs(nowMs))
    return (atMs - nowMs) / 1000
  }

  /** Takes a retry from the retry budget; returns false if it is used up. */
  takeRetry(share: number): boolean {
    const nowMs = performance.now()
    const allowed = freeRetries + share * this.#budgetCalls.total(nowMs)
    if (this.#budgetRetries.total(nowMs) + 1 > allowed) return false
    this.#budgetRetries.add(nowMs)
    return true
  }

  retryAvoided(reason: RetryAvoidedReason): void {
    add(instruments().providerRetriesAvoided, 1, { ...this.labels, [attribute.reason]: reason })
  }

  #gapMs(nowMs: number): number {
    const perSecond = Math.max(this.#calls.perSecond(nowMs), this.#callsPerSecond)
    return perSecond === 0 ? longestGapMs : Math.min(1000 / perSecond, longestGapMs)
  }
}
