import { InvalidOptionsError, type OptionProblem } from '../invalid-options-error.ts'
import { processWide } from '../process-wide.ts'
import { providerProblems, type ProviderRecovery } from '../provider/provider-options.ts'
import { isOptions } from '../unknown-values.ts'

/** Settings that decide how a failing run is retried. All times are in seconds. */
export interface EffectiveRecovery {
  /** Maximum number of calls after the first one: an integer >= 0. @default 3 */
  readonly maxRetries: number
  /** Wait before the first retry. @default 5 */
  readonly baseDelaySeconds: number
  /** Factor by which each wait is longer than the one before, at least 1. @default 3 */
  readonly exponentialFactor: number
  /** Upper limit of a computed wait. @default 30 */
  readonly maxDelaySeconds: number
  /** `full` waits a random part (0-1) of the computed time, so that a thousand agents do not retry at once. @default 'none' */
  readonly jitter: 'none' | 'full'
  /** Decides whether an error is retried, in place of {@link isRetryable}. `attempt` counts from 1. @default isRetryable */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean) | undefined
  /** Longest `Retry-After` that the run waits for. If it is longer, the run fails at once and reports why. @default 120 */
  readonly maxRetryAfterSeconds: number
  /** Time limit of an attempt, and of each wait for a chunk of a stream. An attempt that takes longer fails with a `TimeoutError`. @default none */
  readonly attemptTimeoutSeconds?: number | undefined
  /**
   * Longest time without progress, in an attempt and in each wait for a chunk of a stream. An attempt that makes none fails with a
   * `TimeoutError` and its signal aborts. Model calls, tool calls, chunks and `currentExecution().progress()` are progress; a paused
   * run is exempt. @default none
   */
  readonly stallTimeoutSeconds?: number | undefined
  /** Time limit of the run with all attempts, waits and the reading of its stream. A wait that would exceed it does not start. @default none */
  readonly totalTimeoutSeconds?: number | undefined
  /**
   * Treatment of what other runs of this process have learned of the same provider and model. Without it, retries wait for what a server
   * asked another run to wait; with `false`, this agent shares nothing. @default {}
   */
  readonly provider?: ProviderRecovery | false | undefined
}

/** Any part of the settings. The rest comes from `configureRecovery()`, and then from {@link defaultRecovery}. */
export type RecoveryOptions = Partial<EffectiveRecovery>

/** Waits of 5, 15 and 30 s; the fourth failure is final. */
export const defaultRecovery: EffectiveRecovery = {
  maxRetries: 3,
  baseDelaySeconds: 5,
  exponentialFactor: 3,
  maxDelaySeconds: 30,
  jitter: 'none',
  maxRetryAfterSeconds: 120,
}

/** The longest timer of Node: 2^31 - 1 ms. */
const longestTimerSeconds = 2_147_483

type Rule = readonly [rule: string, isValid: (value: unknown) => boolean]
const isNumber = (value: unknown): value is number => Number.isFinite(value)
const seconds: Rule = [
  `must be a number of seconds from 0 to ${longestTimerSeconds}`,
  (value) => isNumber(value) && value >= 0 && value <= longestTimerSeconds,
]
const positiveSeconds: Rule = [
  `must be a number of seconds above 0, at most ${longestTimerSeconds}`,
  (value) => isNumber(value) && value > 0 && value <= longestTimerSeconds,
]

/** A rule for each setting; other keys are unknown. */
export const recoveryRules: Record<keyof EffectiveRecovery, Rule> = {
  maxRetries: ['must be an integer >= 0', (value) => Number.isInteger(value) && Number(value) >= 0],
  baseDelaySeconds: seconds,
  exponentialFactor: ['must be a number >= 1', (value) => isNumber(value) && value >= 1],
  maxDelaySeconds: seconds,
  jitter: ["must be 'none' or 'full'", (value) => value === 'none' || value === 'full'],
  retryIf: ['must be a function', (value) => typeof value === 'function'],
  maxRetryAfterSeconds: seconds,
  attemptTimeoutSeconds: positiveSeconds,
  totalTimeoutSeconds: positiveSeconds,
  stallTimeoutSeconds: positiveSeconds,
  provider: ['must be an object or false', (value) => value === false || isOptions(value)],
}

/** Returns the problems of recovery settings; `prefix` precedes the name of each option. */
export function recoveryProblems(recovery: object, prefix: string): OptionProblem[] {
  const problems: OptionProblem[] = []
  for (const [key, value] of Object.entries(recovery)) {
    const option = prefix + key
    const rule = Object.hasOwn(recoveryRules, key) ? recoveryRules[key as keyof typeof recoveryRules] : undefined
    if (!rule)
      problems.push({ option, rule: `is not an option; the options are ${Object.keys(recoveryRules).join(', ')}`, value })
    else if (value !== undefined && !rule[1](value)) problems.push({ option, rule: rule[0], value })
    else if (key === 'provider' && isOptions(value)) problems.push(...providerProblems(value, `${option}.`))
  }
  return problems
}

/** Recovery defaults of a process for all agents, and limits for single agents by name. */
export interface ConfiguredRecovery extends RecoveryOptions {
  /** Settings of single agents, by name; unset ones are those of all agents. @default none */
  readonly agents?: Readonly<Record<string, RecoveryOptions>> | undefined
}

const configured = processWide('configured-recovery/1', () => ({ recovery: {} as ConfiguredRecovery }))

/** Returns the argument of the last {@link configureRecovery} call. */
export function configuredRecovery(): ConfiguredRecovery {
  return configured.recovery
}

/**
 * Sets the recovery defaults of this process, also for agents that are already wrapped. Options in code take precedence.
 * `@swarmwatch/node` calls it with the settings of the environment and the configuration file.
 *
 * @throws {InvalidOptionsError} with all problems at once; the earlier defaults then stay.
 */
export function configureRecovery(defaults: ConfiguredRecovery): void {
  const problems = checkDefaults(defaults)
  if (problems.length > 0) throw new InvalidOptionsError('configureRecovery', problems)
  configured.recovery = defaults
}

function checkDefaults(defaults: unknown): OptionProblem[] {
  if (!isOptions(defaults)) return [notAnObject('defaults', defaults)]
  const { agents = {}, ...shared } = defaults as ConfiguredRecovery
  const problems = recoveryProblems(shared, '')
  if (!isOptions(agents)) return [...problems, notAnObject('agents', agents)]
  for (const [name, limits] of Object.entries(agents)) {
    if (isOptions(limits)) problems.push(...recoveryProblems(limits, `agents.${name}.`))
    else problems.push(notAnObject(`agents.${name}`, limits))
  }
  return problems
}

const notAnObject = (option: string, value: unknown): OptionProblem => ({ option, rule: 'must be an object', value })

/** Merges an agent's own options, its configured limits, the configured defaults and {@link defaultRecovery}; the first that is set wins. */
export function effectiveRecovery(agentName: string, own: RecoveryOptions, defaults: ConfiguredRecovery): EffectiveRecovery {
  const { agents = {}, ...shared } = defaults
  const layers = [shared, Object.hasOwn(agents, agentName) ? agents[agentName] : undefined, own]
  const settings: Record<string, unknown> = { ...defaultRecovery }
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {})) {
      if (value === undefined) continue
      // The only setting with settings of its own
      settings[key] = key === 'provider' && isOptions(value) ? { ...asObject(settings[key]), ...definedIn(value) } : value
    }
  }
  return settings as unknown as EffectiveRecovery
}

const asObject = (value: unknown): object => (isOptions(value) ? value : {})

function definedIn(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
