import { msBetween, type Clock } from '../clock.ts'
import { logLine, warnLine } from '../log-lines.ts'
import type { Logger } from '../options.ts'
import { learnFromAttempt, sharedSettings, type LastCall } from '../provider/learn.ts'
import { ProviderGate } from '../provider/provider-gate.ts'
import type { ProviderState } from '../provider/provider-state.ts'
import { ProviderUnavailableError } from '../provider/provider-unavailable-error.ts'
import { longestAskedSeconds, type NextStep } from '../recovery/next-step.ts'
import type { EffectiveRecovery } from '../recovery/settings.ts'
import { guarded } from '../telemetry/guard.ts'

/** A run, as far as its provider concerns it. */
interface ProvidedRun {
  readonly clock: Clock
  readonly attempt: number
  readonly agent: { readonly name: string; readonly logger: Logger | false; readonly lastProvider: ProviderState | undefined }
  readonly inferences: { readonly lastCall: LastCall | undefined } | undefined
  readonly previousErrors: unknown[]
  readonly waits: number[]
  providerGate: ProviderGate | undefined
  elapsedSeconds(): number
  waiting(seconds: number): void
  resumed(): void
}

/** A gate at which an attempt must wait. */
export interface ClosedGate {
  readonly gate: ProviderGate
  readonly state: ProviderState
}

/** Returns whether the settings can hold back a first attempt. */
export function mayHoldFirst({ provider }: EffectiveRecovery): boolean {
  return provider !== undefined && provider !== false && (Boolean(provider.breaker) || Boolean(provider.maxWaitSeconds))
}

/** The provider of a run: learns from its failures, and applies what other runs have learned. */
export class RunProvider {
  readonly #run: ProvidedRun
  readonly #settings: EffectiveRecovery

  constructor(run: ProvidedRun, settings: EffectiveRecovery) {
    this.#run = run
    this.#settings = settings
  }

  /** Learns from the error of an attempt. */
  attemptFailed(error: unknown): void {
    const state = this.#state()
    if (!state) return
    const last = this.#run.inferences?.lastCall ?? { state, outcome: undefined }
    guarded('framework', () => learnFromAttempt(error, last))
  }

  /** Seconds that the provider has asked for. */
  askedSeconds(): number {
    return this.#state()?.askedSeconds() ?? 0
  }

  /** Adapts the decision to retry: the retry budget may refuse it, and runs that wait for the provider return one after the other. */
  adapt(step: NextStep): NextStep {
    const state = this.#state()
    if (!step.retry || !state) return step
    const { provider, totalTimeoutSeconds = Infinity } = this.#settings
    const share = provider === false ? undefined : provider?.retryBudget
    if (share !== undefined && !state.takeRetry(share)) {
      state.retryAvoided('retry_budget')
      const because = `the retry budget of ${state.shownName} is used up (${Math.round(share * 100)} % of its calls)`
      return { retry: false, outcome: 'rejected', because }
    }
    if (state.askedSeconds() === 0) return step
    this.#gate().includes(state)
    const turnSeconds = Math.min(state.takeTurn(this), longestAskedSeconds(this.#settings))
    if (turnSeconds <= step.waitSeconds || this.#run.elapsedSeconds() + turnSeconds >= totalTimeoutSeconds) return step
    state.retryAvoided('asked_to_wait')
    return { retry: true, waitSeconds: turnSeconds, because: `runs that wait for ${state.shownName} return one after the other` }
  }

  /** Returns the gate of the provider if the next attempt must wait at it; undefined if it may begin at once. */
  closedGate(): ClosedGate | undefined {
    const state = this.#state()
    if (!state) return undefined
    sharedSettings(this.#settings, state)
    const gate = this.#gate()
    return gate.isOpen(state) ? undefined : { gate, state }
  }

  /** Waits at the gate. Returns why the attempt must not be made, or undefined if it may begin. */
  async held({ gate, state }: ClosedGate, signal: AbortSignal | undefined, hasAlternative: boolean): Promise<string | undefined> {
    const run = this.#run
    const begunMs = run.clock.now()
    const { name, logger } = run.agent
    if (!hasAlternative && state.announceOpening())
      logLine(logger, 'warn', warnLine(name, `waits for ${state.shownName}: most of its calls fail`))
    run.waiting(Math.max(state.askedSeconds(), (state.breaker?.msUntilProbe() ?? 0) / 1000))
    try {
      if (await gate.enter(state, signal, hasAlternative)) return undefined
    } finally {
      run.resumed()
      const last = run.waits.length - 1
      if (last >= 0) run.waits[last]! += msBetween(begunMs, run.clock.now()) / 1000
    }
    if (run.previousErrors.length === 0) run.previousErrors.push(new ProviderUnavailableError(state.provider, state.model))
    return `the breaker of ${state.shownName} is open`
  }

  #gate(): ProviderGate {
    return (this.#run.providerGate ??= new ProviderGate(this.#run, this.#settings))
  }

  /** The provider that the next attempt will probably call: that of the last model call of the run, or of any run of the agent. */
  #state(): ProviderState | undefined {
    if (this.#settings.provider === false) return undefined
    return this.#run.inferences?.lastCall?.state ?? this.#run.agent.lastProvider
  }
}
