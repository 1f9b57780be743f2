import { boundedErrorType } from './bounded-error-type.ts'
import { peek } from './error-type.ts'
import { keepIdentity } from './instrument-agent.ts'
import { attribute, spanName } from './names.ts'
import { checkTool, type ContentOptions } from './options.ts'
import { processWide } from './process-wide.ts'
import { isAsyncGenerator, isSyncGenerator } from './stream/is-stream.ts'
import { watchIterator, watchSyncIterator, type StreamWatch } from './stream/watch-iterator.ts'
import { captured, messageOf } from './telemetry/content.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'
import { instruments, record } from './telemetry/instruments.ts'
import { msBetween } from './world.ts'

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
      result = call.within(() => Reflect.apply(fn, this, args))
    } catch (error) {
      call.end({ error })
      throw error
    }
    if (isThenable(result)) return call.follow(result) as Result
    if (isAsyncGenerator(result)) return watchIterator(result, call.watch()) as Result
    if (isSyncGenerator(result)) return watchSyncIterator(result, call.watch()) as Result
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
    this.#capture(attribute.input, [...args], options.captureInput)
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

  /** A generator belongs to the call until it ends. */
  watch(): StreamWatch {
    const end = (): void => this.end({})
    return { within: (call) => this.within(call), done: end, brokenOff: end, failed: (error) => this.end({ error }) }
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
    record(instruments().executeToolDuration, msBetween(this.#startedMs, performance.now()) / 1000, attributes)
  }

  #capture(key: string, value: unknown, option: boolean | ((value: never) => unknown) | undefined): void {
    const text = option ? captured(value as never, option) : undefined
    if (text !== undefined) this.#span.set(key, text)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && typeof peek(value, 'then') === 'function'
}
