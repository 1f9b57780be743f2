import type { Attributes } from '@opentelemetry/api'
import type { IDefaultPolicyContext, IPolicy } from 'cockatiel'

import type { VariantChoice } from './experiment/variant-choice.ts'
import { InvalidOptionsError, type OptionProblem } from './invalid-options-error.ts'
import { onceProblems, type OnceOptions } from './once/once-options.ts'
import { fallbackProblems, type Fallback } from './recovery/fallback.ts'
import { recoveryProblems, type RecoveryOptions } from './recovery/settings.ts'
import type { FailIf } from './results/fail-if.ts'
import type { Judged } from './results/stream-answer.ts'
import { budgetProblems, type Budget } from './run/budget.ts'
import type { ContinuationOf } from './run/continuation.ts'
import { loopProblems, type LoopLimit } from './run/loop-guard.ts'
import { isOptions, propertyOf } from './unknown-values.ts'

/** Receives the lines `[RETRY]`, `[SUCCESS]` and `[FAILED]`. */
export interface Logger {
  warn(line: string): void
  error(line: string): void
}

/** Any cockatiel policy, also one that returns its own value in place of the function's. */
export type AnyPolicy = IPolicy<IDefaultPolicyContext, unknown>

/** Options that agents and tools share. */
export interface ContentOptions<Args extends unknown[], Result> {
  /**
   * Name in spans, metrics and log lines. Metrics have at most 100 names per process.
   * @default the function's name, without the `bound` of a bound function
   */
  readonly name?: string | undefined
  /** A sentence that describes its task, for the span. @default none */
  readonly description?: string | undefined
  /**
   * Records the arguments on the span (`gen_ai.input.messages` of an agent, `gen_ai.tool.call.arguments` of a tool): as JSON with `true`,
   * or as your redactor returns them. Cut to 4,096 characters.
   * @default OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, or false
   */
  readonly captureInput?: boolean | ((args: Args) => unknown) | undefined
  /**
   * Records the result in the same way (`gen_ai.output.messages`, `gen_ai.tool.call.result`), except that of a stream.
   * @default OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, or false
   */
  readonly captureOutput?: boolean | ((result: Result) => unknown) | undefined
  /**
   * Records error messages, which may quote arguments: with `true` after secrets are removed, with a function as it redacts them, with
   * `false` never. Cut to 300 characters. @default true
   */
  readonly errorMessages?: boolean | ((message: string) => string) | undefined
}

/** Options of `instrumentTool()`. */
export interface ToolOptions<Args extends unknown[], Result> extends ContentOptions<Args, Result> {
  /**
   * Where the tool runs: `function` in this process, `extension` on the side of the agent's platform, `datastore` for a query of data.
   * @default 'function'
   */
  readonly type?: 'function' | 'extension' | 'datastore' | undefined
  /**
   * Calls the tool once within a run: if it succeeded in an earlier attempt, its result is returned and the tool is not called. For tools
   * with side effects. The wrapper then always returns a promise. @default every call is made
   */
  readonly once?: true | OnceOptions<Args, Result> | undefined
}

/** Options of any agent. */
export interface AnyAgentOptions extends Omit<InstrumentAgentOptions<never, never>, 'fallback'> {
  readonly fallback?: readonly Fallback<never>[] | undefined
}

/** Options of `instrumentAgent()`. */
// With `unknown`, options that several agents share could not be passed to one that returns a text: its fallbacks must, too
// oxlint-disable-next-line typescript/no-explicit-any
export interface InstrumentAgentOptions<Args extends unknown[] = unknown[], Result = any> extends ContentOptions<Args, Result> {
  /**
   * Retry settings, or `false` for a single attempt. Unset ones come from `configureRecovery()`, then from the defaults (5, 15, 30 s).
   * @default settings of `configureRecovery()`
   */
  readonly recovery?: RecoveryOptions | false | undefined
  /**
   * A workflow coordinates agents or fixed steps; its root span is `invoke_workflow {name}` in place of `invoke_agent {name}`.
   * @default 'agent'
   */
  readonly kind?: 'agent' | 'workflow' | undefined
  /**
   * A cockatiel policy (retry, breaker, bulkhead, wrapped ones) that runs the attempts in place of `recovery`.
   * @default none: `recovery` applies
   */
  readonly policy?: AnyPolicy | undefined
  /**
   * Alternatives that are tried in turn, once each and with the same arguments, when the agent's own function has failed: after its last
   * retry, or at once if its error is not retried. The error of the last one is thrown. @default none
   */
  readonly fallback?: readonly Fallback<Args, [Result] extends [never] ? unknown : Result>[] | undefined
  /** Any value; every attempt gets the same one as `currentExecution()?.context`. It is never recorded. @default undefined */
  readonly context?: unknown
  /**
   * The A/B variant of a run, a label of its metrics: an `experiment()`, a name, or a function that returns one or what
   * `openFeatureVariant()` returns. At most 10 values per agent.
   * @default none
   */
  readonly variant?: string | ((...args: Args) => string | VariantChoice | undefined) | undefined
  /** Attributes of the root span. @default none */
  readonly attributes?: Attributes | undefined
  /**
   * Returns the caller's AbortSignal. @default an argument that is one, or the `signal` or `abortSignal` of an argument
   */
  readonly signalFrom?: ((...args: Args) => AbortSignal | undefined) | undefined
  /**
   * Returns the stream in a result, so that the run lasts until the stream ends. Results of the AI SDK, OpenAI, Anthropic, Gemini, OpenAI
   * Agents and Mastra need none: they are recognised. Return either a new branch at each call (such as the AI
   * SDK's `result.stream`), which is read to its end in addition to the caller's, or the iterable that the caller will read.
   * @default the result, or the stream in a result of a known framework
   */
  readonly streamOf?: ((result: Result) => AsyncIterable<unknown>) | undefined
  /**
   * Decides whether a result is a failure, which is retried like a thrown error: one function or a list, such as `[emptyAnswer, refusal]`.
   * After the last attempt the caller gets a `ResultRejectedError` with the result, or the error that the function returned. Of a stream,
   * the function gets the answer at its end, a `StreamAnswer`, if the chunks are texts or those of a known library: the run is then a
   * failure, but is not retried, because its reader has the answer. If the function throws, the result counts as a success.
   * @default none: a result is a success
   */
  readonly failIf?: FailIf<Judged<Result>> | readonly FailIf<Judged<Result>>[] | undefined
  /**
   * Limits of a run: US dollars, tokens, calls, seconds. A run that exceeds one ends with a `BudgetExceededError`, its signal aborts, and it
   * is not retried. A line warns at 80 %. Unset limits come from `configureBudgets()`. @default none
   */
  readonly budget?: Budget | undefined
  /**
   * Ends a run that repeats a tool call with equal arguments, with a `LoopError`; neither a retry nor a `fallback` follows. Each attempt
   * counts from 0, also that of a `fallback`; tools of `instrumentTool()` and of frameworks that report arguments count. @default none
   */
  readonly loop?: LoopLimit | undefined
  /**
   * For a function that a queue calls, and calls again after a failure (BullMQ, pg-boss, Temporal, Inngest, a table): returns which
   * attempt of which execution this call is. Each call is then one attempt, without retries in this process; the execution is counted
   * once, when a call succeeds or the final one fails. Return undefined for a plain run. `docs/queues.md` has examples.
   * @default none: retries are made in this process
   */
  readonly continuation?: ContinuationOf<Args> | undefined
  /** Receives the log lines; `false` turns them off. @default console */
  readonly logger?: Logger | false | undefined
  /** Length of the sliding window for the health score and rates of the whole process, in seconds. @default 300 */
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

const toolTypes: readonly unknown[] = ['function', 'extension', 'datastore']
const toolChecks: Record<keyof ToolOptions<never, never>, Check> = {
  ...contentChecks,
  type: ["must be 'function', 'extension' or 'datastore'", (value) => toolTypes.includes(value)],
  // Checked by onceProblems()
  once: ['', () => true],
}

const agentChecks: Record<keyof AnyAgentOptions, Check> = {
  ...contentChecks,
  recovery: ['must be an object or false', (value) => value === false || isOptions(value)],
  kind: ["must be 'agent' or 'workflow'", (value) => value === 'agent' || value === 'workflow'],
  policy: ['must be a cockatiel policy (an object with execute())', (value) => isFunction(propertyOf(value, 'execute'))],
  // Checked by fallbackProblems()
  fallback: ['', () => true],
  context: ['', () => true],
  variant: ['must be a string or a function', (value) => typeof value === 'string' || isFunction(value)],
  attributes: ['must be an object', isOptions],
  signalFrom: aFunction,
  streamOf: aFunction,
  continuation: aFunction,
  budget: ['must be an object', isOptions],
  loop: ['must be an object', isOptions],
  failIf: [
    'must be a function or a list of functions that is not empty',
    (value) => isFunction(value) || (Array.isArray(value) && value.length > 0 && value.every(isFunction)),
  ],
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

function checkOptions(fn: unknown, options: unknown, checks: Record<string, Check>): OptionProblem[] {
  const problems: OptionProblem[] = []
  if (typeof fn !== 'function') problems.push({ option: 'fn', rule: 'must be a function', value: fn })
  if (!isOptions(options)) return [...problems, { option: 'options', rule: 'must be an object', value: options }]
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined
    if (!check) problems.push({ option, rule: `is not an option; the options are ${Object.keys(checks).join(', ')}`, value })
    else if (value !== undefined && !check[1](value)) problems.push({ option, rule: check[0], value })
  }
  const { name } = options as ContentOptions<never, never>
  if (name === undefined && typeof fn === 'function' && nameOf(fn) === '')
    problems.push({ option: 'name', rule: 'is required, because the function has no name', value: undefined })
  return problems
}

/**
 * Throws {@link InvalidOptionsError} with every problem of an agent's function and options; returns the agent's name. `nameOption` is
 * what `caller` calls the option `name`.
 */
export function checkAgent(caller: string, fn: unknown, options: AnyAgentOptions, nameOption = 'name'): string {
  const problems = checkOptions(fn, options, agentChecks)
  if (isOptions(options?.recovery)) {
    problems.push(...recoveryProblems(options.recovery, 'recovery.'))
    if (options.policy)
      problems.push({ option: 'recovery', rule: 'cannot be combined with policy, which replaces it', value: options.recovery })
  }
  if (isOptions(options) && options.continuation && options.policy)
    problems.push({
      option: 'continuation',
      rule: 'cannot be combined with policy: each call is one attempt',
      value: options.continuation,
    })
  if (isOptions(options?.budget)) problems.push(...budgetProblems(options.budget, 'budget.'))
  if (isOptions(options?.loop)) problems.push(...loopProblems(options.loop))
  if (isOptions(options) && options.fallback !== undefined) problems.push(...fallbackProblems(options))
  const renamed = problems.map((problem) => (problem.option === 'name' ? { ...problem, option: nameOption } : problem))
  if (renamed.length > 0) throw new InvalidOptionsError(caller, renamed)
  return options.name ?? nameOf(fn)
}

/** Throws {@link InvalidOptionsError} if an agent cannot be called that. */
export function checkAgentName(caller: string, agentName: unknown): void {
  const [rule, holds] = contentChecks.name
  if (!holds(agentName)) throw new InvalidOptionsError(caller, [{ option: 'agentName', rule, value: agentName }])
}

/** The same as {@link checkAgent} for a tool. */
export function checkTool(fn: unknown, options: ToolOptions<never, never>): string {
  const problems = checkOptions(fn, options, toolChecks)
  if (isOptions(options) && options.once !== undefined) problems.push(...onceProblems(fn, options.once))
  if (problems.length > 0) throw new InvalidOptionsError('instrumentTool', problems)
  return options.name ?? nameOf(fn)
}
