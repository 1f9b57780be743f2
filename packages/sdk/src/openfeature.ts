import type { EvaluationContext, FlagValue, Hook, JsonValue, Provider, ResolutionDetails } from '@openfeature/server-sdk'

import type { Experiment } from './experiment/experiment.ts'
import { emitEvaluatedFlag } from './experiment/exposure.ts'
import { openFeatureVariant, ownProviderName, wordOf } from './experiment/variant-choice.ts'
import { attribute } from './names.ts'
import { runningExecution } from './run/execution.ts'
import { guarded } from './telemetry/guard.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'

/** An experiment that a provider serves, with the value of each variant. */
export interface ServedExperiment {
  readonly experiment: Experiment<string, never>
  /** Value of the flag for each variant. @default the name of the variant */
  readonly values?: Readonly<Record<string, JsonValue>> | undefined
}

/**
 * Returns an OpenFeature provider whose flags are experiments: the key of a flag is the name of the experiment, and the targeting key is
 * the key. It needs no network and keeps nothing.
 *
 * @example
 * await OpenFeature.setProviderAndWait(openFeatureProvider([{ experiment: prompt, values: { control: false, candidate: true } }]))
 */
export function openFeatureProvider(experiments: readonly (ServedExperiment | Experiment<string, never>)[]): Provider {
  const served = new Map(
    experiments.map((each) => {
      const one: ServedExperiment = 'experiment' in each ? each : { experiment: each }
      return [one.experiment.name, one] as const
    }),
  )
  const resolve = async (flagKey: string, defaultValue: unknown, context: EvaluationContext): Promise<never> =>
    resolution(served.get(flagKey), defaultValue, context) as never
  return {
    metadata: { name: ownProviderName },
    runsOn: 'server',
    resolveBooleanEvaluation: resolve,
    resolveStringEvaluation: resolve,
    resolveNumberEvaluation: resolve,
    resolveObjectEvaluation: resolve,
  }
}

function resolution(served: ServedExperiment | undefined, defaultValue: unknown, { targetingKey }: EvaluationContext): object {
  const failed = (errorCode: string, errorMessage: string): object => ({
    value: defaultValue,
    reason: 'ERROR',
    errorCode,
    errorMessage,
  })
  if (!served) return failed('FLAG_NOT_FOUND', 'no experiment has this name')
  if (!targetingKey) return failed('TARGETING_KEY_MISSING', 'an experiment needs a targetingKey')
  const { experiment, values } = served
  const variant = experiment.variantOf(targetingKey)
  const value = values ? values[variant] : variant
  if (typeof value !== typeof defaultValue)
    return failed('TYPE_MISMATCH', `the value of the variant ${variant} is a ${typeof value}, not a ${typeof defaultValue}`)
  return { value, variant, reason: 'SPLIT' } satisfies ResolutionDetails<unknown>
}

/** Options of `openFeatureHook()`. */
export interface OpenFeatureHookOptions {
  /** Keys of the flags that choose the variant of the agent that evaluates them. @default none */
  readonly experiments?: readonly string[] | undefined
  /** The thing that the targeting key identifies, such as `user`; `run` if a targeting key never occurs twice. @default 'key' */
  readonly unit?: string | undefined
}

/**
 * Returns an OpenFeature hook that records decisions of any vendor. Each evaluation is recorded as the event `feature_flag.evaluation`,
 * without the targeting key. The first evaluation of a flag in `experiments` within a run chooses the variant of the run. It never
 * throws.
 *
 * @example
 * OpenFeature.addHooks(openFeatureHook({ experiments: ['prompt'] }))
 */
export function openFeatureHook({ experiments = [], unit }: OpenFeatureHookOptions = {}): Hook {
  const deciding = new Set(experiments)
  return {
    finally: ({ flagKey, providerMetadata, context }, details) =>
      guarded('option', () => {
        const execution = runningExecution.getStore()
        const isOpen = execution !== undefined && !execution.finished
        const provider = providerMetadata.name
        emitEvaluatedFlag(isOpen ? execution.span : GuardedSpan.active(), {
          [attribute.featureFlagKey]: flagKey,
          [attribute.featureFlagProvider]: provider,
          ...resultOf(details),
        })
        if (!isOpen || !deciding.has(flagKey)) return
        const choice = openFeatureVariant(details, { provider, unit, key: unit === 'run' ? undefined : context.targetingKey })
        if (choice) execution.chooseVariant(choice)
      }),
  }
}

function resultOf({ variant, value, reason, errorCode }: ResolutionDetails<FlagValue>): Record<string, string> {
  const shown = variant === undefined ? wordOf(value) : undefined
  return {
    ...(variant !== undefined && { [attribute.featureFlagVariant]: variant.slice(0, 100) }),
    // The conventions require the value where the variant has no name
    ...(shown !== undefined && { 'feature_flag.result.value': shown.slice(0, 100) }),
    ...(reason !== undefined && { 'feature_flag.result.reason': reason.toLowerCase() }),
    ...(errorCode !== undefined && { [attribute.errorType]: errorCode.toLowerCase() }),
  }
}
