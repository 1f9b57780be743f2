import { createContextKey, trace, type Attributes, type Context, type SpanKind } from '@opentelemetry/api'

import { boundedErrorName, BoundedNames, boundedErrorType } from '../bounded-names.ts'
import { attribute, spanName } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { runningExecution, type Execution } from '../run/execution.ts'
import { captured, messageOf } from '../telemetry/content.ts'
import { exceptionOf, recordException } from '../telemetry/exceptions.ts'
import { activeContext, GuardedSpan } from '../telemetry/guarded-span.ts'
import { instruments, record } from '../telemetry/instruments.ts'
import { propertyOf } from '../unknown-values.ts'
import { isContentCaptured, isInstrumented } from './configure-inferences.ts'
import { isOwnSpan } from './inference-span.ts'

/** A tool call that a framework reports. */
export interface ToolCallStart {
  readonly name: string
  /** `gen_ai.tool.type`. @default none */
  readonly type?: 'function' | 'extension' | 'datastore' | undefined
  /** The model's id of the call. @default none */
  readonly callId?: string | undefined
  /** The reporter, by the name of its source: `ai-sdk`, `mcp`, ... */
  readonly source: string
  /** Description of the tool, as the model reads it. @default none */
  readonly description?: string | undefined
  /** Recorded only while content capture is on, redacted. @default none */
  readonly arguments?: unknown
  /** Milliseconds since 1970. @default now */
  readonly startedAt?: number | undefined
  /** Name of the span. @default `execute_tool {name}` */
  readonly spanName?: string | undefined
  /** @default SpanKind.INTERNAL */
  readonly spanKind?: SpanKind | undefined
  /** Further attributes of the span. @default none */
  readonly attributes?: Attributes | undefined
}

/** A tool call in progress. */
export interface ReportedToolCall {
  /** The OpenTelemetry context in which the call is active, for code that cannot be wrapped by `within`. */
  readonly context: Context
  /** Calls `call` as part of the tool call: its span is active. Returns or throws the outcome of `call`. */
  within<T>(call: () => T): T
  /** Records arguments that were learned after the start, only while content capture is on. */
  setArguments(value: unknown): void
  /** Sets attributes of the span that were learned after the start. */
  setAttributes(attributes: Attributes): void
  /** Ends the call. Only the first `end()` or `fail()` has an effect. The result is recorded only while content capture is on. */
  end(result?: unknown): void
  /** Ends the call as failed. `errorType` is for errors that do not show it; at most 100 different ones become labels. */
  fail(error: unknown, errorType?: string, attributes?: Attributes): void
}

/**
 * Starts a tool call of the current run. It never throws. A call that another source or `instrumentTool()` makes inside it, for the same
 * tool, is part of it: one span, one count, one duration. So is a span `execute_tool` that the framework itself has made around it.
 */
export function beginToolCall(start: ToolCallStart): ReportedToolCall {
  const outer = claimToolCall(start.name, start.source)
  return outer ? partOf(outer, start) : new ToolCall(start)
}

/** The open tool call that a call of this tool belongs to, made by another source of the same run. It is found once by each source. */
export function claimToolCall(name: string, source: string): OuterToolCall | undefined {
  if (open.size === 0 && !isInstrumented()) return undefined
  const execution = runningExecution.getStore()
  const isOuter = (call: OuterToolCall): boolean =>
    !call.isEnded &&
    call.execution === execution &&
    call.source !== source &&
    !call.claimedBy.has(source) &&
    isSameTool(call.name, name, source)
  const active = activeContext().getValue(callKey) as OuterToolCall | undefined
  const outer = active && isOuter(active) ? active : [...open].find(isOuter)
  outer?.claimedBy.add(source)
  return outer
}

/** Why a tool call failed. */
export interface ToolFailure {
  readonly error: unknown
  readonly errorType: string
  /** Redacted. */
  readonly message: string | undefined
}

/** Marks the span of a tool call as failed, and records the exception. */
export function failSpan(span: GuardedSpan, { error, errorType, message }: ToolFailure): void {
  span.fail(errorType, message)
  recordException(span, exceptionOf(error, errorType, message), true)
}

/** A tool call that can contain the calls of other sources for the same tool. */
export interface OuterToolCall {
  readonly name: string
  readonly source: string
  readonly execution: Execution | undefined
  readonly span: GuardedSpan
  /** Whether its arguments were compared with those of earlier calls. */
  isCompared: boolean
  /** Sources whose calls are part of it. */
  readonly claimedBy: Set<string>
  /** The failure that a call inside this one reported. */
  failure: ToolFailure | undefined
  readonly isEnded: boolean
}

/** Returns the context for the span of a tool call in which the calls of other sources for the same tool find it. */
export function contextOfToolCall(call: OuterToolCall): Context {
  const active = activeContext()
  return isInstrumented() ? active.setValue(callKey, call) : active
}

const callKey = createContextKey('swarmwatch tool call')
/** Calls that have not ended, oldest first; a call of a framework that never ends one makes room after 1,000 further calls. */
const open = processWide('open-tool-calls/2', () => new Set<ToolCall>())
const maxOpen = 1000
/** From this number on, calls that a finished run left open are given up, so that they do not keep the run in memory. */
const manyOpen = 100

const toolNames = processWide('tool-names/1', () => new BoundedNames(100))
/** Returns the label for a tool: its name, or `__other__` after 100 tools. */
export function toolLabel(name: string): string {
  return toolNames.bound(name)
}

/** A tool call that was begun by the first source that reported it. */
class ToolCall implements ReportedToolCall, OuterToolCall {
  readonly start: ToolCallStart
  readonly execution: Execution | undefined
  readonly span: GuardedSpan
  readonly claimedBy: Set<string> = new Set()
  readonly #isSpanOurs: boolean
  readonly #startedMs: number
  failure: OuterToolCall['failure']
  isEnded = false
  isCompared = false

  constructor(start: ToolCallStart) {
    const { startedAt } = start
    this.start = start
    this.execution = runningExecution.getStore()
    this.#startedMs = performance.now() - (startedAt === undefined ? 0 : Math.max(0, Date.now() - startedAt))
    const parent = activeContext().setValue(callKey, this)
    const foreign = spanOfTool(parent, start.name)
    this.#isSpanOurs = foreign === undefined
    this.span = foreign
      ? new GuardedSpan(foreign, parent)
      : GuardedSpan.start(start.spanName ?? spanName.tool(start.name), this.#attributes(), parent, {
          ...(start.spanKind !== undefined && { kind: start.spanKind }),
          ...(startedAt !== undefined && { startTime: startedAt }),
        })
    if (foreign && start.attributes) this.span.setAll(start.attributes)
    capture(this, attribute.toolCallArguments, start.arguments)
    this.execution?.toolCalled(start.name)
    this.#compare(start.arguments)
    if (open.size >= manyOpen) for (const call of open) if (call.execution?.finished) call.abandon()
    open.add(this)
    if (open.size > maxOpen) open.delete(open.values().next().value!)
  }

  get name(): string {
    return this.start.name
  }

  get source(): string {
    return this.start.source
  }

  get context(): Context {
    return this.span.context
  }

  within<T>(call: () => T): T {
    return this.span.within(call)
  }

  setArguments(value: unknown): void {
    this.#compare(value)
    capture(this, attribute.toolCallArguments, value)
  }

  setAttributes(attributes: Attributes): void {
    if (!this.isEnded) this.span.setAll(attributes)
  }

  end(result?: unknown): void {
    capture(this, attribute.toolCallResult, result)
    this.#end()
  }

  fail(error: unknown, errorType: string = boundedErrorType(error), attributes: Attributes = {}): void {
    if (this.isEnded) return
    this.span.setAll(attributes)
    this.failure = { error, errorType: boundedErrorName(errorType), message: messageOf(error) }
    this.#end()
  }

  /** Only once: some frameworks report the arguments when the call ends. */
  #compare(args: unknown): void {
    if (args === undefined || this.isCompared || this.isEnded) return
    this.isCompared = true
    this.execution?.toolCompared(this.start.name, [args])
  }

  /** Ends the span of a call whose end was never reported; its duration is unknown. */
  abandon(): void {
    open.delete(this)
    this.isEnded = true
    if (this.#isSpanOurs) this.span.end()
  }

  #end(): void {
    open.delete(this)
    if (this.isEnded) return
    this.isEnded = true
    this.execution?.progressed(`tool call ended: ${this.start.name.slice(0, 100)}`)
    const { failure } = this
    if (this.#isSpanOurs) {
      if (failure) failSpan(this.span, failure)
      this.span.end()
    }
    record(instruments().executeToolDuration, (performance.now() - this.#startedMs) / 1000, {
      [attribute.toolName]: toolLabel(this.start.name),
      ...(this.start.type !== undefined && { [attribute.toolType]: this.start.type }),
      ...(this.execution && { [attribute.genAiAgentName]: this.execution.series.agentName }),
      ...(failure && { [attribute.errorType]: failure.errorType }),
    })
  }

  #attributes(): Attributes {
    const { name, type, callId, description, attributes } = this.start
    return {
      [attribute.operation]: 'execute_tool',
      [attribute.toolName]: name,
      ...(type !== undefined && { [attribute.toolType]: type }),
      ...(callId !== undefined && { [attribute.toolCallId]: callId }),
      ...(description !== undefined && { [attribute.toolDescription]: description }),
      ...(this.execution && { [attribute.genAiAgentName]: this.execution.agentName }),
      ...attributes,
    }
  }
}

function capture({ span, isEnded }: OuterToolCall, key: string, value: unknown): void {
  if (value === undefined || isEnded || !isContentCaptured()) return
  const text = captured(value, true)
  if (text !== undefined) span.set(key, text)
}

/** Whether a call of `own` is one of the tool that `source` calls `name`. Frameworks put the name of the server in front: `mcp__files__read`. */
function isSameTool(own: string, name: string, source: string): boolean {
  return own === name || ((source === 'mcp' || own.startsWith('mcp__')) && isPrefixed(own, name))
}

/** A report about a call that is part of an open one. */
function partOf(outer: OuterToolCall, start: ToolCallStart): ReportedToolCall {
  if (start.attributes) outer.span.setAll(start.attributes)
  let isEnded = false
  return {
    context: outer.span.context,
    within: (call) => outer.span.within(call),
    setArguments: (value) => capture(outer, attribute.toolCallArguments, value),
    setAttributes: (attributes) => {
      if (!outer.isEnded) outer.span.setAll(attributes)
    },
    end: () => {
      isEnded = true
    },
    fail: (error, errorType = boundedErrorType(error), attributes = {}) => {
      if (isEnded || outer.isEnded) return
      isEnded = true
      outer.span.setAll(attributes)
      outer.failure = { error, errorType: boundedErrorName(errorType), message: messageOf(error) }
    },
  }
}

/** The active span, if it is another library's span of this tool call. */
function spanOfTool(active: Context, name: string): ReturnType<typeof trace.getSpan> {
  const span = trace.getSpan(active)
  const attributes = propertyOf(span, 'attributes')
  const isTool = propertyOf(attributes, attribute.operation) === 'execute_tool' && !isOwnSpan(span)
  const tool = propertyOf(attributes, attribute.toolName)
  return isTool && typeof tool === 'string' && (tool === name || isPrefixed(tool, name)) ? span : undefined
}

function isPrefixed(name: string, tool: string): boolean {
  return tool !== '' && name.endsWith(tool) && /[_./:-]/.test(name.charAt(name.length - tool.length - 1))
}
