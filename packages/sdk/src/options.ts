import type { Attributes } from '@opentelemetry/api'
import type { IDefaultPolicyContext, IPolicy } from 'cockatiel'

import { InvalidOptionsError, type Problem } from './invalid-options-error.ts'
import { checkRecovery, type RecoveryOptions } from './recovery/settings.ts'
import { isObject, propertyOf } from './unknown-values.ts'

/** Where the lines `[RETRY]`, `[SUCCESS]` and `[FAILED]` go. */
export interface Logger {
  warn(line: string): void
  error(line: string): void
}

/** Any cockatiel policy, also one that gives a value of its own in place of the function's. */
export type AnyPolicy = IPolicy<IDefaultPolicyContext, unknown>

/** Options that agents and tools share. */
export interface ContentOptions<Args extends unknown[], Result> {
  /** Name in spans, metrics and log lines; bounded in metrics to 100 names a process. @default the function's name, without the `bound` of a bound function */
  readonly name?: string | undefined
  /** A sentence on what it does, for the span. */
  readonly description?: string | undefined
  /** Records the arguments on the span: `true` as JSON, or what your redactor returns. Cut to 4,096 characters. @default false */
  readonly captureInput?: boolean | ((args: Args) => unknown) | undefined
  /** Records the result likewise; never that of a stream. @default false */
  readonly captureOutput?: boolean | ((result: Result) => unknown) | undefined
  /**
   * Records error messages, which may quote arguments: `true` with secrets removed, a function to redact them yourself, `false` never.
   * Cut to 300 characters. @default true
   */
  readonly errorMessages?: boolean | ((message: string) => string) | undefined
}

/** What `instrumentAgent` can be told. */
export interface InstrumentAgentOptions<Args extends unknown[] = unknown[], Result = unknown> extends ContentOptions<
  Args,
  Result
> {
  /** Retry settings, or `false` for one attempt. Unset parts come from `configureRecovery()`, then from the defaults (5, 15, 30 s). */
  readonly recovery?: RecoveryOptions | false | undefined
  /** A cockatiel policy (retry, breaker, bulkhead, wrapped ones) that runs the attempts in place of `recovery`. */
  readonly policy?: AnyPolicy | undefined
  /** Anything; the same object in every attempt, as `currentExecution()?.context`. Never recorded. */
  readonly context?: unknown
  /** The A/B variant of a run, at most 10 values an agent; a label of its metrics. */
  readonly variant?: string | ((...args: Args) => string | undefined) | undefined
  /** Attributes of the root span. */
  readonly attributes?: Attributes | undefined
  /**
   * Finds the caller's AbortSignal. @default an argument that is one, or the `signal` or `abortSignal` of an argument
   */
  readonly signalFrom?: ((...args: Args) => AbortSignal | undefined) | undefined
  /**
   * Finds the stream that a result holds, so that the run lasts until its end. Return either a new branch at each call (the AI SDK's
   * `result.stream` is one), which is read to its end beside the caller's, or the very iterable that the caller will read.
   */
  readonly streamOf?: ((result: Result) => AsyncIterable<unknown>) | undefined
  /** Takes the log lines; `false` silences them. @default console */
  readonly logger?: Logger | false | undefined
  /** Length of the sliding window behind health score and rates, for the whole process. @default 300 */
  readonly healthWindowSeconds?: number | undefined
}

type Check = readonly [rule: string, holds: (value: unknown) => boolean]
const isFunction = (value: unknown): boolean => typeof value === 'function'
const text: Check = ['must be a string', (value) => typeof value === 'string']
const switchOrFunction: Check = ['must be a boolean or a function', (value) => typeof value === 'boolean' || isFunction(value)]
const aFunction: Check = ['must be a function', isFunction]

const contentChecks: Record<keyof ContentOptions<never, never>, Check> = {
  name: [
    'must be a string of 1 to 200 characters',
    (value) => typeof value === 'string' && value.length > 0 && value.length <= 200,
  ],
  description: text,
  captureInput: switchOrFunction,
  captureOutput: switchOrFunction,
  errorMessages: switchOrFunction,
}

const agentChecks: Record<keyof InstrumentAgentOptions<never, never>, Check> = {
  ...contentChecks,
  recovery: ['must be an object or false', (value) => value === false || isObject(value)],
  policy: ['must be a cockatiel policy (an object with execute())', (value) => isFunction(propertyOf(value, 'execute'))],
  context: ['', () => true],
  variant: ['must be a string or a function', (value) => typeof value === 'string' || isFunction(value)],
  attributes: ['must be an object', isObject],
  signalFrom: aFunction,
  streamOf: aFunction,
  logger: [
    'must be false or an object with warn() and error()',
    (value) => value === false || (isFunction(propertyOf(value, 'warn')) && isFunction(propertyOf(value, 'error'))),
  ],
  healthWindowSeconds: [
    'must be a number of seconds from 10 to 86400',
    (value) => typeof value === 'number' && value >= 10 && value <= 86_400,
  ],
}

/** The name of a function, without what `bind()` puts in front of it. */
function nameOf(fn: unknown): string {
  const name = propertyOf(fn, 'name')
  return typeof name === 'string' ? name.replace(/^(bound )+/, '') : ''
}

function checkOptions(fn: unknown, options: unknown, checks: Record<string, Check>): Problem[] {
  const problems: Problem[] = []
  if (typeof fn !== 'function') problems.push({ option: 'fn', rule: 'must be a function', value: fn })
  if (!isObject(options)) return [...problems, { option: 'options', rule: 'must be an object', value: options }]
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined
    if (!check) problems.push({ option, rule: `is not an option; there are ${Object.keys(checks).join(', ')}`, value })
    else if (value !== undefined && !check[1](value)) problems.push({ option, rule: check[0], value })
  }
  const { name } = options as ContentOptions<never, never>
  if (name === undefined && typeof fn === 'function' && nameOf(fn) === '')
    problems.push({ option: 'name', rule: 'is needed, because the function has none', value: undefined })
  return problems
}

/**
 * Throws {@link InvalidOptionsError} with every problem of an agent's function and options; returns the agent's name. `nameOption` is
 * what `caller` calls the option `name`.
 */
export function checkAgent(
  caller: string,
  fn: unknown,
  options: InstrumentAgentOptions<never, never>,
  nameOption = 'name',
): string {
  const problems = checkOptions(fn, options, agentChecks)
  if (isObject(options?.recovery)) {
    problems.push(...checkRecovery(options.recovery, 'recovery.'))
    if (options.policy)
      problems.push({ option: 'recovery', rule: 'cannot stand beside policy, which replaces it', value: options.recovery })
  }
  const told = problems.map((problem) => (problem.option === 'name' ? { ...problem, option: nameOption } : problem))
  if (told.length > 0) throw new InvalidOptionsError(caller, told)
  return options.name ?? nameOf(fn)
}

/** Throws {@link InvalidOptionsError} if an agent cannot be called that. */
export function checkAgentName(caller: string, agentName: unknown): void {
  const [rule, holds] = contentChecks.name
  if (!holds(agentName)) throw new InvalidOptionsError(caller, [{ option: 'agentName', rule, value: agentName }])
}

/** The same as {@link checkAgent} for a tool. */
export function checkTool(fn: unknown, options: ContentOptions<never, never>): string {
  const problems = checkOptions(fn, options, contentChecks)
  if (problems.length > 0) throw new InvalidOptionsError('instrumentTool', problems)
  return options.name ?? nameOf(fn)
}
