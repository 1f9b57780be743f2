import type { Attributes } from '@opentelemetry/api'

import { BoundedNames } from '../bounded-names.ts'
import { clockNumber } from '../clock.ts'
import type { Experiment } from '../experiment/experiment.ts'
import type { VariantChoice } from '../experiment/variant-choice.ts'
import { logLine } from '../log-lines.ts'
import { monitor } from '../monitor/monitor.ts'
import { attribute } from '../names.ts'
import type { AnyAgentOptions, Logger } from '../options.ts'
import { processWide } from '../process-wide.ts'
import type { ProviderState } from '../provider/provider-state.ts'
import { configuredRecovery, effectiveRecovery, type ConfiguredRecovery, type EffectiveRecovery } from '../recovery/settings.ts'
import { guarded, trip } from '../telemetry/guard.ts'
import { seriesOf, type AgentSeries, type RunOperation } from '../telemetry/instruments.ts'
import { isInstance, propertyOf } from '../unknown-values.ts'
import { configuredBudgets, effectiveBudget, type Budget, type ConfiguredBudgets } from './budget.ts'
import { configuredLoops } from './configured-loops.ts'
import { dailyAccount, type DailyAccount } from './daily-budget.ts'
import type { LoopLimit } from './loop-guard.ts'
import { writeBudgetZeros } from './run-limits.ts'

const agentNames = processWide('agent-names/1', () => new BoundedNames(100))
/** By the name of the agent, because `executeWithRecovery()` makes an agent for each run. */
const lastProviders = processWide('last-providers/1', () => new Map<string, ProviderState>())
const mostLastProviders = 1_000
const variantsPerAgent = 10
const experimentsPerAgent = 20

/** A name with its options, created once when a function is wrapped. */
export class Agent {
  readonly name: string
  readonly options: AnyAgentOptions
  readonly logger: Logger | false
  readonly operation: RunOperation
  /** The user's attributes for every root span, and the attributes that identify the agent. */
  readonly attributes: Attributes
  readonly #series: AgentSeries
  readonly #variants = new BoundedNames(variantsPerAgent)
  readonly #experiments = new BoundedNames(experimentsPerAgent)
  /** By the object of the choice: an experiment has one for each variant. */
  readonly #choices = new WeakMap<VariantChoice, AgentSeries>()
  #budget: { readonly configured: ConfiguredBudgets; readonly limits: Budget | undefined } | undefined
  #recovery: { readonly configured: ConfiguredRecovery; readonly settings: EffectiveRecovery } | undefined

  constructor(name: string, options: AnyAgentOptions) {
    this.name = name
    this.options = options
    this.logger = options.logger ?? console
    this.operation = options.kind === 'workflow' ? 'invoke_workflow' : 'invoke_agent'
    this.attributes = {
      // Copied once, because a getter of the user may throw
      ...guarded('option', () => ({ ...options.attributes })),
      [attribute.operation]: this.operation,
      [attribute.genAiAgentName]: name,
      ...(options.description !== undefined && { [attribute.genAiAgentDescription]: options.description }),
    }
    if (options.healthWindowSeconds !== undefined) monitor.setWindow(options.healthWindowSeconds)
    const label = agentNames.bound(name, () =>
      logLine(this.logger, 'warn', '[WARN] more than 100 agent names in this process: the others are counted as __other__'),
    )
    this.#series = seriesOf(label, undefined, this.operation)
    const { variant } = options
    if (typeof variant === 'string') this.#withVariant(variant)
    // All variants of an experiment are there from the start, so that one without runs is seen
    else guarded('option', () => this.#withExperiment(variant))
  }

  /**
   * Returns the label set for a call with these arguments. `executionId` is that of a run that other calls have begun: a random variant
   * must be the same in all of them.
   */
  seriesFor(args: unknown[], executionId?: string): AgentSeries {
    const { variant } = this.options
    if (variant === undefined) return this.#series
    if (executionId !== undefined && isRandom(variant)) {
      const chosen = variant.variantOf(executionId)
      const choice = variant.choices.find((each) => each.variant === chosen)
      if (choice) return this.withChoice(choice)
    }
    const choose = propertyOf(variant, 'choiceOf') ?? variant
    const value: unknown = typeof choose === 'function' ? guarded('option', () => choose(...args)) : variant
    if (value === undefined) return this.#series
    if (typeof value === 'string') return this.#withVariant(value)
    if (isChoice(value)) return this.withChoice(value)
    trip('option', new TypeError('variant() must return a string'))
    return this.#series
  }

  /** Returns the label set for a variant that an experiment or a flag has chosen. */
  withChoice(choice: VariantChoice): AgentSeries {
    const known = this.#choices.get(choice)
    if (known) return known
    const experiment = this.#experiments.bound(choice.experiment.slice(0, 100))
    const series = this.#withVariant(choice.variant, { ...choice, experiment })
    this.#choices.set(choice, series)
    return series
  }

  /** The provider of the last model call of any run of an agent of this name, for attempts that begin without one of their own. */
  get lastProvider(): ProviderState | undefined {
    const state = lastProviders.get(this.name)
    return state?.clockNumber === clockNumber() ? state : undefined
  }

  set lastProvider(state: ProviderState | undefined) {
    if (!state) return
    const isKnown = lastProviders.has(this.name)
    lastProviders.set(this.name, state)
    if (!isKnown && lastProviders.size > mostLastProviders) lastProviders.delete(lastProviders.keys().next().value!)
  }

  /** Returns the current retry settings; defaults may be configured after the function is wrapped. */
  recovery(): EffectiveRecovery {
    const configured = configuredRecovery()
    if (this.#recovery?.configured !== configured) {
      const own = this.options.recovery
      const settings =
        own === false
          ? { ...effectiveRecovery(this.name, {}, {}), maxRetries: 0 }
          : effectiveRecovery(this.name, own ?? {}, configured)
      this.#recovery = { configured, settings }
    }
    return this.#recovery.settings
  }

  /** Returns the current budget of a run, if it has one; budgets may be configured after the function is wrapped. */
  budget(): Budget | undefined {
    const configured = configuredBudgets()
    if (this.#budget?.configured !== configured) {
      const limits = effectiveBudget(this.name, this.options.budget, configured)
      if (limits) writeBudgetZeros(this.#series, limits)
      this.#budget = { configured, limits }
    }
    return this.#budget.limits
  }

  /** Returns the account of the daily budget; undefined if the agent has none. */
  dailyAccount(): DailyAccount | undefined {
    const daily = this.budget()?.daily
    return daily && dailyAccount(this.name, this.#series.agentName, daily)
  }

  /** Returns the current limit for repeated tool calls, if there is one. */
  loop(): LoopLimit | undefined {
    if (this.options.loop !== undefined) return this.options.loop
    const loops = configuredLoops()
    return Object.hasOwn(loops, this.name) ? loops[this.name] : undefined
  }

  #withVariant(value: string, choice?: VariantChoice): AgentSeries {
    return seriesOf(this.#series.agentName, this.#variants.bound(value.slice(0, 100)), this.operation, choice)
  }

  #withExperiment(variant: unknown): void {
    const choices = propertyOf(variant, 'choices')
    if (Array.isArray(choices)) for (const choice of choices.filter(isChoice)) this.withChoice(choice)
  }
}

function isRandom(variant: unknown): variant is Experiment {
  return propertyOf(variant, 'isRandom') === true
}

function isChoice(value: unknown): value is VariantChoice {
  return typeof propertyOf(value, 'experiment') === 'string' && typeof propertyOf(value, 'variant') === 'string'
}

/** Returns the AbortSignal of a call: that of `signalFrom`, or an argument that is one, or an argument's `signal` or `abortSignal`. */
export function callerSignal(args: unknown[], signalFrom: AnyAgentOptions['signalFrom']): AbortSignal | undefined {
  if (signalFrom) {
    const signal: unknown = guarded('option', () => signalFrom(...(args as never)))
    if (signal === undefined || isInstance(signal, AbortSignal)) return signal
    trip('option', new TypeError('signalFrom() must return an AbortSignal'))
    return undefined
  }
  for (const argument of args) {
    if (typeof argument !== 'object' || argument === null) continue
    for (const candidate of [argument, propertyOf(argument, 'signal'), propertyOf(argument, 'abortSignal')]) {
      if (isInstance(candidate, AbortSignal)) return candidate
    }
  }
  return undefined
}
