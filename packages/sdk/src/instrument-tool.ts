import { boundedErrorType } from './bounded-error-type.ts'
import { keepIdentity } from './instrument-agent.ts'
import { attribute, spanName } from './names.ts'
import { checkTool, type ContentOptions } from './options.ts'
import { processWide } from './process-wide.ts'
import { isGenerator } from './stream/open-stream.ts'
import { watchIterator } from './stream/watch-iterator.ts'
import { captured, messageOf } from './telemetry/content.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'
import { instruments, record } from './telemetry/instruments.ts'

/** What `instrumentTool` can be told. */
export type InstrumentToolOptions<Args extends unknown[] = unknown[], Result = unknown> = ContentOptions<Args, Result>

/**
 * Wraps a tool of an agent: an `execute_tool` span and a duration, counted to the run that calls it. Nothing is retried, and what the
 * tool returns or throws comes out as it is: a value at once, a promise, a generator.
 *
 * @throws {InvalidOptionsError} at once, with every problem of `fn` and `options`.
 *
 * @example
 * const readFile = instrumentTool(async (path: string) => files.get(path), { name: 'read_file' })
 */
export function instrumentTool<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  options: InstrumentToolOptions<Args, Awaited<Result>> = {},
): (this: This, ...args: Args) => Result {
  const name = checkTool(fn, options)
  function instrumented(this: This, ...args: Args): Result {
    const call = new ToolCall(name, options as ContentOptions<never, never>, args)
    let result: Result
    try {
      result = call.within(() => fn.apply(this, args))
    } catch (error) {
      call.end({ error })
      throw error
    }
    if (isThenable(result)) return call.follow(result) as Result
    if (isGenerator(result)) return (isAsync(result) ? call.followStream(result) : call.followSync(result)) as Result
    call.end({ result })
    return result
  }
  return keepIdentity(instrumented, fn)
}

/** One call of a tool: its span and its duration. */
class ToolCall {
  readonly #options: ContentOptions<never, never>
  readonly #toolName: string
  readonly #agentName: string | undefined
  readonly #span: GuardedSpan
  readonly #startedMs = performance.now()

  constructor(name: string, options: ContentOptions<never, never>, args: unknown[]) {
    const execution = processWide.running.getStore()
    this.#options = options
    this.#toolName = processWide.names.tools.bound(name)
    this.#agentName = execution?.series.agentName
    this.#span = GuardedSpan.start(spanName.tool(name), {
      [attribute.operation]: 'execute_tool',
      [attribute.toolName]: name,
      ...(execution && { [attribute.genAiAgentName]: execution.agentName }),
      ...(options.description !== undefined && { [attribute.toolDescription]: options.description }),
    })
    if (execution) execution.record.toolCalls += 1
    this.#capture(attribute.input, args, options.captureInput)
  }

  within<T>(call: () => T): T {
    return this.#span.within(call)
  }

  async follow(promise: PromiseLike<unknown>): Promise<unknown> {
    try {
      const result = await promise
      this.end({ result })
      return result
    } catch (error) {
      this.end({ error })
      throw error
    }
  }

  async *followStream(source: AsyncGenerator): AsyncGenerator {
    let first
    try {
      first = await this.within(() => source.next())
    } catch (error) {
      this.end({ error })
      throw error
    }
    const within = <T>(call: () => T): T => this.within(call)
    const end = (): void => this.end({})
    return yield* watchIterator(source, first, { within, done: end, brokenOff: end, failed: (error) => this.end({ error }) })
  }

  *followSync(source: Generator): Generator {
    try {
      const result: unknown = yield* source
      this.end({})
      return result
    } catch (error) {
      this.end({ error })
      throw error
    }
  }

  end(ending: { result?: unknown } | { error: unknown }): void {
    const attributes: Record<string, string> = { [attribute.toolName]: this.#toolName }
    if (this.#agentName !== undefined) attributes[attribute.genAiAgentName] = this.#agentName
    if ('error' in ending) {
      attributes[attribute.errorType] = boundedErrorType(ending.error)
      this.#span.fail(attributes[attribute.errorType]!, messageOf(ending.error, this.#options.errorMessages))
    } else if (ending.result !== undefined) {
      this.#capture(attribute.output, ending.result, this.#options.captureOutput)
    }
    this.#span.end()
    record(instruments().executeToolDuration, Math.max(0, performance.now() - this.#startedMs) / 1000, attributes)
  }

  #capture(key: string, value: unknown, option: boolean | ((value: never) => unknown) | undefined): void {
    const text = option ? captured(value as never, option) : undefined
    if (text !== undefined) this.#span.set(key, text)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

function isAsync(generator: AsyncGenerator | Generator): generator is AsyncGenerator {
  return Symbol.asyncIterator in generator
}
