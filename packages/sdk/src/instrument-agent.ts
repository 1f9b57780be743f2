import { isAsyncFunction } from 'node:util/types'

import { newClock, type Clock } from './clock.ts'
import { keepIdentity, type AnyFunction, type Instrumented, type InstrumentedFunction, type IsSpecial } from './instrumented.ts'
import { attribute } from './names.ts'
import { checkAgent, type InstrumentAgentOptions } from './options.ts'
import { namedFallbacks } from './recovery/fallback.ts'
import { Agent } from './run/agent.ts'
import { whenUsed } from './run/deferred-result.ts'
import { Execution } from './run/execution.ts'
import { readContinuation } from './run/read-continuation.ts'
import { Run } from './run/run.ts'
import { isGenerator } from './stream/result-kinds.ts'
import { asMessages, captured, isContentAsked } from './telemetry/content.ts'

/**
 * Wraps an agent so that it recovers from failures (retries after 5, 15 and 30 s; the fourth failure is final) and records OpenTelemetry
 * spans and metrics. The wrapper has the same parameters and the same `this`. It returns a Promise of the function's result, or an async
 * generator for generators, and throws the function's errors unchanged. Without an OpenTelemetry SDK it recovers but records nothing.
 *
 * @throws {InvalidOptionsError} at once, with all problems of `fn` and `options`.
 *
 * @example
 * const summarize = instrumentAgent(async (text: string) => callModel(text), { name: 'summarizer' })
 * const summary = await summarize('...')
 */
export function instrumentAgent<Fn extends AnyFunction>(
  fn: Fn & (IsSpecial<Fn> extends true ? unknown : never),
  options?: InstrumentAgentOptions<Parameters<Fn>, Awaited<ReturnType<Fn>>>,
): InstrumentedFunction<Fn>
export function instrumentAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  // The function alone decides what its parameters are: an option may be a function of the first of them
  options?: NoInfer<InstrumentAgentOptions<Args, Awaited<Result>>>,
): (this: This, ...args: Args) => Instrumented<Result>
export function instrumentAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  options: InstrumentAgentOptions<Args, Awaited<Result>> = {},
): (this: This, ...args: Args) => Instrumented<Result> {
  return wrapAgent(fn, checkAgent('instrumentAgent', fn, options), options)
}

/** Options of {@link executeWithRecovery}. */
export interface ExecuteWithRecoveryOptions<Context, Result> extends Omit<InstrumentAgentOptions<[Context], Result>, 'name'> {
  /** Name in spans, metrics and log lines. @default the function's name */
  readonly agentName?: string | undefined
  /** The only argument of the function; the same object in every attempt. @default undefined */
  readonly context?: Context | undefined
}

/**
 * Calls a function once as an agent, with recovery: {@link instrumentAgent} and the call in one.
 *
 * @throws {InvalidOptionsError} at once, with all problems.
 *
 * @example
 * const result = await executeWithRecovery(integrate, { agentName: 'api-integrator', context: { requirements: ['AUTH-001'] } })
 */
export function executeWithRecovery<Context, Result>(
  fn: (context: Context) => Result,
  options: ExecuteWithRecoveryOptions<Context, NoInfer<Awaited<Result>>> = {},
): Instrumented<Result> {
  const { agentName, ...rest } = options ?? {}
  const named = options && (agentName === undefined ? rest : { ...rest, name: agentName })
  const name = checkAgent('executeWithRecovery', fn, named, 'agentName')
  return wrapAgent(fn, name, named)(options.context as Context)
}

/** {@link instrumentAgent} for checked options. `clock` replaces the clock of the process. */
export function wrapAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  name: string,
  options: InstrumentAgentOptions<Args, Awaited<Result>>,
  clock?: Clock,
): (this: This, ...args: Args) => Instrumented<Result> {
  const agent = new Agent(name, options)
  const fallbacks = options.fallback && namedFallbacks(options.fallback)
  const isGeneratorFunction = /^\[object (Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(fn))

  // Not for a proxy of one
  const returnsPromise = isAsyncFunction(fn)

  function start(self: This, args: Args): Run {
    const execution = new Execution(agent, args, clock ?? newClock(), readContinuation(agent, args))
    const captureInput = options.captureInput ?? isContentAsked()
    if (captureInput) {
      // A copy, because a redactor may change the list
      const input = captured([...args] as Args, captureInput)
      if (input !== undefined) execution.span.set(attribute.inputMessages, asMessages('user', input))
    }
    const alternatives = fallbacks?.map((each) => ({
      name: each.name,
      call: (): unknown => Reflect.apply(each.fn, self, args as never) as unknown,
    }))
    return new Run(execution, () => Reflect.apply(fn, self, args), args, returnsPromise, alternatives)
  }

  function instrumented(this: This, ...args: Args): Instrumented<Result> {
    // A generator starts when its first value is read, as without this package
    if (isGeneratorFunction) return readFromStart(() => start(this, args)) as Instrumented<Result>
    const run = start(this, args)
    const result = run.start()
    if (run.deferred) return whenUsed(result, run.deferred) as Instrumented<Result>
    // Not yet called, it may return a stream
    const mayBeIterable = run.isIterable || !(returnsPromise || run.isCalled)
    return (mayBeIterable ? readable(result) : result) as Instrumented<Result>
  }
  return keepIdentity(instrumented, fn)
}

/** Returns a generator whose run starts when its first value is read. */
async function* readFromStart(start: () => Run): AsyncGenerator {
  const run = start()
  const result = run.start()
  run.deferred?.use.resolve('used')
  return yield* readThrough(result)
}

/** Lets `for await` read the promise itself, as it can read the value that the function returned. */
function readable(result: Promise<unknown>): Promise<unknown> {
  async function* read(): AsyncGenerator {
    return yield* (await result) as AsyncIterable<unknown>
  }
  return Object.defineProperty(result, Symbol.asyncIterator, { value: read, configurable: true, writable: true })
}

async function* readThrough(result: Promise<unknown>): AsyncGenerator {
  const opened = await result
  return isGenerator(opened) ? yield* opened : opened
}
