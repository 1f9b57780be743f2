import { newClock, type Clock } from './clock.ts'
import { keepIdentity, type AnyFunction, type Instrumented, type InstrumentedFunction, type IsSpecial } from './instrumented.ts'
import { attribute } from './names.ts'
import { checkAgent, type InstrumentAgentOptions } from './options.ts'
import { Agent } from './run/agent.ts'
import { Execution } from './run/execution.ts'
import { Run, type WaitingForCaller } from './run/run.ts'
import { isPlainGenerator, withMethodsOf } from './stream/opened-stream.ts'
import { isGenerator } from './stream/result-kinds.ts'
import { whenCollected } from './stream/watch-iterator.ts'
import { forwardThenable } from './stream/watched-thenable.ts'
import { captured } from './telemetry/content.ts'

/**
 * Wraps an agent so that it recovers from failures (retries after 5, 15 and 30 s; the fourth failure is final) and shows itself as
 * OpenTelemetry spans and metrics. Same parameters, same `this`; the result is a Promise of the function's result, or an async
 * generator for generators. Its errors come out unchanged. With no OpenTelemetry SDK registered it recovers in silence.
 *
 * @throws {InvalidOptionsError} at once, with every problem of `fn` and `options`.
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
  options?: InstrumentAgentOptions<Args, Awaited<Result>>,
): (this: This, ...args: Args) => Instrumented<Result>
export function instrumentAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  options: InstrumentAgentOptions<Args, Awaited<Result>> = {},
): (this: This, ...args: Args) => Instrumented<Result> {
  return wrapAgent(fn, checkAgent('instrumentAgent', fn, options), options)
}

/** {@link instrumentAgent} for checked options; in a clock of the caller's, if one is given. */
export function wrapAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  name: string,
  options: InstrumentAgentOptions<Args, Awaited<Result>>,
  clock?: Clock,
): (this: This, ...args: Args) => Instrumented<Result> {
  const agent = new Agent(name, options)
  const isGeneratorFunction = /^\[object (Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(fn))

  function instrumented(this: This, ...args: Args): Instrumented<Result> {
    const start = (): Run => {
      const execution = new Execution(agent, args, clock ?? newClock())
      if (options.captureInput) {
        // A list of its own: a redactor may change it
        const input = captured([...args] as Args, options.captureInput)
        if (input !== undefined) execution.span.set(attribute.input, input)
      }
      return new Run(execution, () => Reflect.apply(fn, this, args), args)
    }
    // A generator begins when it is first asked for a value, as it does without us
    if (isGeneratorFunction) return readFromStart(start) as Instrumented<Result>
    const run = start()
    const result = run.result()
    if (run.waiting) return whenUsed(result, run.waiting) as Instrumented<Result>
    return (run.isIterable ? readable(result) : result) as Instrumented<Result>
  }
  return keepIdentity(instrumented, fn)
}

/** A generator whose run starts when it is asked for its first value. */
async function* readFromStart(start: () => Run): AsyncGenerator {
  const run = start()
  const result = run.result()
  run.waiting?.asked.resolve('used')
  return yield* readThrough(result)
}

/** What a run that has started returned: it goes on when its caller reads or awaits it, and ends when its caller cannot any more. */
function whenUsed(result: Promise<unknown>, { execution, returned, isGenerator: isRead, asked }: WaitingForCaller): object {
  // The caller may never ask
  result.catch(() => {})
  const used = isRead ? readReturned(result, returned, asked) : awaitReturned(result, returned, asked)
  whenCollected(used.held, lost(execution))
  return used.value
}

/** Ends a run that was never used: all but this is collected with what its caller held. */
function lost(execution: Execution): () => void {
  return () => execution.attempt === 1 && execution.finish({ outcome: 'cancelled', retryOutcome: 'aborted' })
}

interface Used {
  readonly value: object
  /** What its caller holds, whichever part of it is used. */
  readonly held: object
}

/** A generator that ends also when its reader leaves before the first value. */
function readReturned(result: Promise<unknown>, returned: object, { resolve }: WaitingForCaller['asked']): Used {
  let source = returned
  async function* read(): AsyncGenerator {
    let isAsked = false
    try {
      yield
      isAsked = true
      resolve('used')
      const opened = await result
      if (!isGenerator(opened)) return opened
      source = opened
      return yield* opened
    } finally {
      if (!isAsked) {
        resolve('left')
        await result
      }
    }
  }
  const generator = read()
  // Up to its bare `yield`: a generator that was never begun would not notice that its reader leaves
  void generator.next()
  return { value: isPlainGenerator(returned) ? generator : withMethodsOf(() => source, generator), held: generator }
}

/** A thenable with all that the returned one can do: awaiting it brings the result of the run. */
function awaitReturned(result: Promise<unknown>, returned: object, { resolve }: WaitingForCaller['asked']): Used {
  let isUsed = false
  let isEnded = false
  const then: PromiseLike<unknown>['then'] = (fulfilled, rejected) => {
    // Another of its methods has brought an outcome: `then()` is asked for its own
    if (isEnded) return (returned as PromiseLike<unknown>).then(fulfilled, rejected)
    isUsed = true
    resolve('used')
    return result.then(fulfilled, rejected)
  }
  const end = (instead: Promise<unknown>): void => {
    // The run is not told if it does not wait any more
    instead.catch(() => {})
    isEnded = !isUsed
    resolve({ instead })
  }
  const value = forwardThenable(returned, then as never, {
    within: (call) => call(),
    fulfilled: (of) => end(Promise.resolve(of)),
    rejected: (error) => end(Promise.reject(error as Error)),
    left: () => resolve('left'),
  })
  return { value, held: value }
}

/** A promise of what `for await` can read that can itself be read so, as what the function returned can be. */
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

/** What `executeWithRecovery` can be told. */
export interface ExecuteWithRecoveryOptions<Context, Result> extends Omit<InstrumentAgentOptions<[Context], Result>, 'name'> {
  /** Name in spans, metrics and log lines. @default the function's name */
  readonly agentName?: string | undefined
  /** Given to the function as its only argument; the same object in every attempt. */
  readonly context?: Context | undefined
}

/**
 * Runs a function once as an agent, with recovery: {@link instrumentAgent} and the call in one.
 *
 * @throws {InvalidOptionsError} at once, with every problem.
 *
 * @example
 * const result = await executeWithRecovery(integrate, { agentName: 'api-integrator', context: { requirements: ['AUTH-001'] } })
 */
export function executeWithRecovery<Context, Result>(
  fn: (context: Context) => Result,
  options: ExecuteWithRecoveryOptions<Context, Awaited<Result>> = {},
): Instrumented<Result> {
  const { agentName, ...rest } = options ?? {}
  const named = options && (agentName === undefined ? rest : { ...rest, name: agentName })
  const name = checkAgent('executeWithRecovery', fn, named, 'agentName')
  return wrapAgent(fn, name, named)(options.context as Context)
}
