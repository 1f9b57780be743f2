import { Agent } from './agent.ts'
import { Execution } from './execution.ts'
import { attribute } from './names.ts'
import { checkAgent, type InstrumentAgentOptions } from './options.ts'
import { processWide } from './process-wide.ts'
import { Run } from './run.ts'
import { isGenerator } from './stream/is-stream.ts'
import { captured } from './telemetry/content.ts'
import type { World } from './world.ts'

/** What an agent gives: an async generator for generators, a Promise for everything else. */
export type Instrumented<Result> =
  Result extends AsyncGenerator<infer Y, infer R, infer N>
    ? AsyncGenerator<Y, R, N>
    : Result extends Generator<infer Y, infer R, infer N>
      ? AsyncGenerator<Y, R, N>
      : Promise<Awaited<Result>>

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
export function instrumentAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  options: InstrumentAgentOptions<Args, Awaited<Result>> = {},
): (this: This, ...args: Args) => Instrumented<Result> {
  return wrapAgent(fn, checkAgent('instrumentAgent', fn, options), options)
}

/** {@link instrumentAgent} for checked options; in a world of the caller's, if one is given. */
export function wrapAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  name: string,
  options: InstrumentAgentOptions<Args, Awaited<Result>>,
  world?: World,
): (this: This, ...args: Args) => Instrumented<Result> {
  const agent = new Agent(name, options)
  const isGeneratorFunction = /^\[object (Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(fn))

  function instrumented(this: This, ...args: Args): Instrumented<Result> {
    const start = (): Run => {
      const execution = new Execution(agent, args, world ?? processWide.newWorld())
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
    return (run.isRead ? readReturned(result, run.isRead) : result) as Instrumented<Result>
  }
  return keepIdentity(instrumented, fn)
}

/** A generator whose run starts when it is asked for its first value. */
async function* readFromStart(start: () => Run): AsyncGenerator {
  const run = start()
  const result = run.result()
  run.isRead?.resolve(true)
  return yield* readThrough(result)
}

/** A generator whose run has started; it ends also when its reader leaves before the first value. */
function readReturned(result: Promise<unknown>, isRead: PromiseWithResolvers<boolean>): AsyncGenerator {
  async function* read(): AsyncGenerator {
    let asked = false
    try {
      yield
      asked = true
      isRead.resolve(true)
      return yield* readThrough(result)
    } finally {
      if (!asked) {
        isRead.resolve(false)
        await result
      }
    }
  }
  // Nobody may ever ask
  result.catch(() => {})
  const generator = read()
  // Up to its bare `yield`: a generator that was never begun would not notice that its reader leaves
  void generator.next()
  return generator
}

async function* readThrough(result: Promise<unknown>): AsyncGenerator {
  const opened = await result
  return isGenerator(opened) ? yield* opened : opened
}

/** Gives a wrapper the name, the length and the own properties of what it wraps. */
export function keepIdentity<Wrapper extends object>(wrapper: Wrapper, wrapped: object): Wrapper {
  const { prototype: _, ...own } = Object.getOwnPropertyDescriptors(wrapped) as Record<string, PropertyDescriptor>
  return Object.defineProperties(wrapper, own)
}
