import type { Attributes } from '@opentelemetry/api'

import { boundedErrorType } from './bounded-names.ts'
import { msBetween } from './clock.ts'
import {
  claimToolCall,
  contextOfToolCall,
  failSpan,
  type OuterToolCall,
  type ToolFailure,
  toolLabel,
} from './inference/begin-tool-call.ts'
import { keepIdentity, type AnyFunction } from './instrumented.ts'
import { attribute, spanName } from './names.ts'
import type { OnceOptions } from './once/once-options.ts'
import { OnceTool } from './once/once-tool.ts'
import { checkTool, type ToolOptions } from './options.ts'
import { runningExecution, type Execution } from './run/execution.ts'
import { readBy } from './stream/opened-stream.ts'
import { isAsyncGenerator, isPlainPromise, isSyncGenerator, isThenable } from './stream/result-kinds.ts'
import { watchIterator, watchSyncIterator, type StreamWatch, whenCollected } from './stream/watch-iterator.ts'
import { followPromise, observeThenable } from './stream/watched-thenable.ts'
import { captured, isContentAsked, messageOf } from './telemetry/content.ts'
import { GuardedSpan } from './telemetry/guarded-span.ts'
import { type AgentSeries, instruments, record } from './telemetry/instruments.ts'
import { propertyOf } from './unknown-values.ts'

/** Options of {@link instrumentTool}. */
export type InstrumentToolOptions<Args extends unknown[] = unknown[], Result = unknown> = ToolOptions<Args, Result>

/** `once` needs a function that returns a promise, because its wrapper does. */
type OnlyOfPromises<Fn extends AnyFunction> = ReturnType<Fn> extends Promise<unknown> ? unknown : { readonly once?: undefined }

/**
 * Wraps a tool of an agent: records an `execute_tool` span and a duration, which belong to the run that calls the tool. Nothing is
 * retried. The wrapper returns and throws exactly what the tool does: a value at once, a promise, or a generator. With `once` it returns a
 * promise, and a tool that succeeded in an earlier attempt of the run is not called again.
 *
 * @throws {InvalidOptionsError} at once, with all problems of `fn` and `options`.
 *
 * @example
 * const readFile = instrumentTool(async (path: string) => files.get(path), { name: 'read_file' })
 */
export function instrumentTool<Fn extends AnyFunction>(
  fn: Fn,
  options: InstrumentToolOptions<Parameters<Fn>, Awaited<ReturnType<Fn>>> & OnlyOfPromises<Fn> = {} as never,
): Fn {
  const tool = new Tool(checkTool(fn, options), options as ToolOptions<never, never>)
  const once =
    options.once === undefined ? undefined : new OnceTool(tool.name, fn, options.once as OnceOptions<never, never> | true)
  // Without a call of the tool, its caller still gets what it expects of it
  const isAsync = once !== undefined || propertyOf(propertyOf(fn, 'constructor'), 'name') === 'AsyncFunction'
  function instrumented(this: unknown, ...args: unknown[]): unknown {
    const call = new ToolCall(tool, args)
    let result: unknown
    try {
      call.execution?.limits?.throwIfStopped()
      const invoke = (): unknown => Reflect.apply(fn as unknown as (...args: unknown[]) => unknown, this, args)
      result = call.within(once ? () => once.call(call, args, invoke) : invoke)
    } catch (error) {
      call.rejected(error)
      if (isAsync) return Promise.reject(error as Error)
      throw error
    }
    if (isPlainPromise(result)) return followPromise(result, call)
    if (typeof result !== 'object' && typeof result !== 'function') {
      call.fulfilled(result)
      return result
    }
    return call.observed(result)
  }
  return keepIdentity(instrumented, fn) as unknown as Fn
}

/** One call of a tool: its span and its duration. */
class ToolCall implements OuterToolCall {
  readonly source = 'code'
  readonly isCompared = true
  readonly execution: Execution | undefined
  failure: OuterToolCall['failure']
  readonly #tool: Tool
  readonly span: GuardedSpan
  #claimedBy: Set<string> | undefined
  /** The call of the same tool that an instrumentation reports; it records what this call is part of. */
  readonly #reported: OuterToolCall | undefined
  readonly #startedMs = performance.now()
  #ended = false
  #isReused = false

  constructor(tool: Tool, args: unknown[]) {
    const execution = runningExecution.getStore()
    this.#tool = tool
    this.execution = execution
    this.#reported = claimToolCall(tool.name, 'code')
    if (this.#reported) {
      this.span = this.#reported.span
      if (tool.options.description !== undefined) this.span.set(attribute.toolDescription, tool.options.description)
    } else {
      this.span = GuardedSpan.start(tool.spanName, tool.attributesFor(execution), contextOfToolCall(this))
      execution?.toolCalled(tool.name)
    }
    if (execution && !this.#reported?.isCompared) {
      execution.toolCompared(tool.name, args)
      if (this.#reported) this.#reported.isCompared = true
    }
    const captureInput = tool.options.captureInput ?? isContentAsked()
    // A copy, because a redactor may change the list
    if (captureInput) this.#capture(attribute.toolCallArguments, [...args], captureInput)
  }

  get name(): string {
    return this.#tool.name
  }

  get isEnded(): boolean {
    return this.#ended
  }

  get claimedBy(): Set<string> {
    return (this.#claimedBy ??= new Set())
  }

  within<T>(call: () => T): T {
    return this.span.within(call)
  }

  /** Returns a pending result in an object with the same methods, and any other result unchanged. */
  observed(result: unknown): unknown {
    if (isThenable(result)) return this.#untilLost(observeThenable(result as object, this))
    const watch = this.watch()
    if (isAsyncGenerator(result)) return this.#read(watchIterator(result, watch), result)
    if (isSyncGenerator(result)) return this.#read(watchSyncIterator(result, watch), result)
    this.fulfilled(result)
    return result
  }

  #read(generator: AsyncGenerator | Generator, source: object): unknown {
    this.#untilLost(generator)
    return readBy(generator, source)
  }

  /** Ends the span if the result can no longer be used. */
  #untilLost(held: object): object {
    whenCollected(held, () => this.fulfilled(undefined))
    return held
  }

  /** The call ends when the generator ends. */
  watch(): StreamWatch {
    const end = (): void => this.fulfilled(undefined)
    return {
      pulls: 0,
      within: (call) => this.within(call),
      progressed: () => this.execution?.progressed(this.#tool.chunkNote),
      done: end,
      brokenOff: end,
      failed: (error) => this.rejected(error),
    }
  }

  /** The result is that of an earlier call, whose duration was recorded. */
  reused(): void {
    this.#isReused = true
  }

  fulfilled(result: unknown): void {
    if (this.#ended) return
    this.#ended = true
    const captureOutput = this.#tool.options.captureOutput ?? isContentAsked()
    if (captureOutput && result !== undefined) this.#capture(attribute.toolCallResult, result, captureOutput)
    if (this.failure) this.#failed(this.failure)
    else this.#end(this.#tool.labelsFor(this.execution?.series))
  }

  rejected(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    const errorType = boundedErrorType(error)
    const message = messageOf(error, this.#tool.options.errorMessages)
    this.#failed({ error, errorType, message })
  }

  #failed(failure: ToolFailure): void {
    if (this.#reported) this.#reported.failure = failure
    else failSpan(this.span, failure)
    this.#end({ ...this.#tool.labelsFor(this.execution?.series), [attribute.errorType]: failure.errorType })
  }

  #end(labels: Attributes): void {
    this.execution?.progressed(this.#tool.endedNote)
    if (this.#reported) return
    this.span.end()
    if (this.#isReused) return
    record(instruments().executeToolDuration, msBetween(this.#startedMs, performance.now()) / 1000, labels)
  }

  #capture(key: string, value: unknown, option: true | ((value: never) => unknown)): void {
    const text = captured(value as never, option)
    if (text !== undefined) this.span.set(key, text)
  }
}

/** A tool with its options, created once when a function is wrapped. */
class Tool {
  readonly options: ToolOptions<never, never>
  readonly spanName: string
  readonly name: string
  /** Notes about its progress, made once so that they cost a call nothing. */
  readonly endedNote: string
  readonly chunkNote: string
  readonly #attributes: Attributes
  readonly #labels = new Map<AgentSeries | undefined, Attributes>()

  constructor(name: string, options: ToolOptions<never, never>) {
    this.name = name
    this.options = options
    this.spanName = spanName.tool(name)
    this.endedNote = `tool call ended: ${name.slice(0, 100)}`
    this.chunkNote = `chunk of the tool ${name.slice(0, 100)}`
    this.#attributes = {
      [attribute.operation]: 'execute_tool',
      [attribute.toolName]: name,
      [attribute.toolType]: options.type ?? 'function',
      ...(options.description !== undefined && { [attribute.toolDescription]: options.description }),
    }
  }

  /** Returns the first attributes of its span; `execution` is the run that calls it, if there is one. */
  attributesFor(execution: { readonly agentName: string } | undefined): Attributes {
    if (execution === undefined) return { ...this.#attributes }
    return { ...this.#attributes, [attribute.genAiAgentName]: execution.agentName }
  }

  /** Returns the label set of its duration, created once for each agent that calls it so that recording allocates nothing. */
  labelsFor(series: AgentSeries | undefined): Attributes {
    const known = this.#labels.get(series)
    if (known) return known
    const labels: Attributes = {
      [attribute.toolName]: toolLabel(this.name),
      [attribute.toolType]: this.options.type ?? 'function',
    }
    if (series) labels[attribute.genAiAgentName] = series.agentName
    this.#labels.set(series, labels)
    return labels
  }
}
