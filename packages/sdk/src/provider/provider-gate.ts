import { msBetween, type Clock } from '../clock.ts'
import type { Outcome, ProviderOutcome } from '../names.ts'
import { longestAskedSeconds, retryDelaySeconds } from '../recovery/next-step.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import type { Breaker, Probe } from './breaker.ts'
import type { ProviderState } from './provider-state.ts'

/** The run that the gate holds back. */
interface GatedRun {
  readonly clock: Clock
  /** Number of calls so far. */
  readonly attempt: number
  elapsedSeconds(): number
}

/** More retries than a run can wait for. */
const maxCounted = 1000

/**
 * Holds the attempts of a run back while their provider is known to be unavailable: until the time for which it asked, or while its
 * breaker is open. A run that waited returns in turn, at the rate of normal times.
 */
export class ProviderGate {
  readonly #run: GatedRun
  readonly #settings: EffectiveRecovery
  #heldMs = 0
  /** The time for which the provider has asked that the run has already waited for, or is about to. */
  #knownMs = 0
  #probe: { readonly probe: Probe; readonly of: ProviderState; readonly cancelTimer: () => void } | undefined

  constructor(run: GatedRun, settings: EffectiveRecovery) {
    this.#run = run
    this.#settings = settings
  }

  /** Does not wait again for what the wait before the next attempt includes. */
  includes(state: ProviderState): void {
    this.#knownMs = state.notBeforeMs
  }

  /** Whether an attempt may begin at once; it may then be the probe. */
  isOpen(state: ProviderState): boolean {
    if (this.#askedMs(state) > 0) return false
    const breaker = this.#breaker(state)
    return !breaker || breaker.isClosed || this.#takeProbe(breaker, state)
  }

  /**
   * Waits until an attempt may begin; returns false if the breaker is open for longer than the run may wait. With an alternative, a run
   * does not wait for the breaker.
   */
  async enter(state: ProviderState, signal: AbortSignal | undefined, hasAlternative: boolean): Promise<boolean> {
    let hasTurn = true
    let isCounted = false
    const avoided = (reason: 'breaker' | 'asked_to_wait'): void => {
      if (!isCounted) state.retryAvoided(reason)
      isCounted = true
    }
    for (;;) {
      const askedMs = this.#askedMs(state)
      if (askedMs > 0) {
        avoided('asked_to_wait')
        this.includes(state)
        await this.#wait(Math.max(askedMs, this.#turnMs(state, true)), signal)
        continue
      }
      const breaker = this.#breaker(state)
      if (!breaker || breaker.isClosed) {
        const turnMs = hasTurn ? 0 : this.#turnMs(state, false)
        hasTurn = true
        if (turnMs === 0) return true
        await this.#wait(turnMs, signal)
        continue
      }
      if (this.#takeProbe(breaker, state)) return true
      avoided('breaker')
      const leftMs = hasAlternative ? 0 : this.#leftMs()
      if (leftMs <= 0) return false
      hasTurn = false
      await this.#wait(Math.min(leftMs, breaker.msUntilProbe() ?? leftMs), signal, breaker)
    }
  }

  /** A model call of the run has ended. If the run is the probe, this is its verdict. */
  callEnded(state: ProviderState, outcome: ProviderOutcome): void {
    if (this.#probe?.of !== state || outcome === 'cancelled') return
    this.#endProbe(outcome === 'success' || outcome === 'error' ? 'succeeded' : 'failed')
  }

  /**
   * The attempt has ended, or did not begin, or the first chunk of its stream has arrived. A probe that made no model call has failed
   * unless it succeeded or was cancelled.
   */
  attemptEnded(outcome: Outcome): void {
    this.#endProbe(outcome === 'success' ? 'succeeded' : outcome === 'cancelled' ? 'cancelled' : 'failed')
  }

  #takeProbe(breaker: Breaker, state: ProviderState): boolean {
    const probe = breaker.takeProbe()
    if (!probe) return false
    // A probe without an answer must not hold back the others forever
    const cancelTimer = this.#run.clock.after(state.probeTimeoutMs, () => this.#endProbe('failed'))
    this.#probe = { probe, of: state, cancelTimer }
    return true
  }

  #endProbe(verdict: keyof Probe): void {
    const ended = this.#probe
    this.#probe = undefined
    ended?.cancelTimer()
    ended?.probe[verdict]()
  }

  #breaker(state: ProviderState): Breaker | undefined {
    const { provider } = this.#settings
    return provider !== false && provider?.breaker ? state.breaker : undefined
  }

  get #maxWaitMs(): number {
    const { provider } = this.#settings
    return provider === false ? 0 : (provider?.maxWaitSeconds ?? 0) * 1000
  }

  /** Milliseconds of a wait that the provider asked for; 0 if the run may not wait that long, so that it is called as without the wait. */
  #askedMs(state: ProviderState): number {
    const askedMs = state.askedSeconds() * 1000
    if (askedMs === 0 || state.notBeforeMs <= this.#knownMs) return 0
    const mostMs =
      this.#run.attempt === 0 ? this.#maxWaitMs : Math.max(this.#maxWaitMs, longestAskedSeconds(this.#settings) * 1000)
    return askedMs > Math.min(mostMs - this.#heldMs, this.#untilTimeoutMs()) ? 0 : askedMs
  }

  #turnMs(state: ProviderState, waitsAsAsked: boolean): number {
    return Math.min(state.takeTurn(this, waitsAsAsked) * 1000, Math.max(0, this.#untilTimeoutMs()))
  }

  /** Milliseconds that the run may still wait for an open breaker: what is left of its schedule, or of `maxWaitSeconds`. */
  #leftMs(): number {
    const { maxRetries } = this.#settings
    let scheduledMs = 0
    for (let retry = this.#run.attempt + 1; retry <= Math.min(maxRetries, maxCounted); retry += 1)
      scheduledMs += retryDelaySeconds(retry, this.#settings, () => 1) * 1000
    return Math.min(Math.max(this.#maxWaitMs, scheduledMs) - this.#heldMs, this.#untilTimeoutMs())
  }

  #untilTimeoutMs(): number {
    return ((this.#settings.totalTimeoutSeconds ?? Infinity) - this.#run.elapsedSeconds()) * 1000
  }

  /** Waits, or until `breaker` opens or closes. */
  async #wait(ms: number, signal: AbortSignal | undefined, breaker?: Breaker): Promise<void> {
    const { clock } = this.#run
    const begunMs = clock.now()
    const changed = new AbortController()
    const forget = breaker?.onceChanged(() => changed.abort())
    try {
      await clock.wait(ms, signal ? AbortSignal.any([signal, changed.signal]) : changed.signal)
    } catch (error) {
      if (signal?.aborted || !changed.signal.aborted) throw error
    } finally {
      forget?.()
      this.#heldMs += msBetween(begunMs, clock.now())
    }
  }
}
