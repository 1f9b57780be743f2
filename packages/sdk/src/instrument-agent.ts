import { Agent } from './agent.ts'
import { Execution } from './execution.ts'
import { attribute } from './names.ts'
import { checkAgent, type InstrumentAgentOptions } from './options.ts'
import { Run } from './run.ts'
import { isGenerator } from './stream/open-stream.ts'
import { captured } from './telemetry/content.ts'
import { realWorld, type World } from './world.ts'

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
  return wrapAgent(fn, checkAgent('instrumentAgent', fn, options), options, realWorld)
}

/** {@link instrumentAgent} for checked options, in a world of the caller's. */
export function wrapAgent<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  name: string,
  options: InstrumentAgentOptions<Args, Awaited<Result>>,
  world: World,
): (this: This, ...args: Args) => Instrumented<Result> {
  const agent = new Agent(name, options)
  const isGeneratorFunction = /Generator/.test(Object.prototype.toString.call(fn))

  function instrumented(this: This, ...args: Args): Instrumented<Result> {
    const start = (): Run => {
      const execution = new Execution(agent, args, world)
      if (options.captureInput) {
        const input = captured(args, options.captureInput)
        if (input !== undefined) execution.span.set(attribute.input, input)
      }
      return new Run(execution, () => fn.apply(this, args), args)
    }
    // A generator begins when it is first asked for a value, as it does without us
    if (isGeneratorFunction) return readThrough(() => start().result()) as Instrumented<Result>
    const run = start()
    const result = run.result()
    return (run.returnedGenerator ? readThrough(() => result) : result) as Instrumented<Result>
  }
  return keepIdentity(instrumented, fn)
}

/** Reads the generator that `open` promises, as soon as it is asked for. */
async function* readThrough(open: () => Promise<unknown>): AsyncGenerator {
  const opened = await open()
  return isGenerator(opened) ? yield* opened : opened
}

/** Gives a wrapper the name, the length and the own properties of what it wraps. */
export function keepIdentity<Wrapper extends object>(wrapper: Wrapper, wrapped: object): Wrapper {
  const { prototype: _, ...own } = Object.getOwnPropertyDescriptors(wrapped) as Record<string, PropertyDescriptor>
  return Object.defineProperties(wrapper, own)
}
