import { context, propagation, SpanKind } from '@opentelemetry/api'
import {
  beginToolCall,
  boundedErrorType,
  guarded,
  recordMcpOperation,
  type ReportedToolCall,
} from '@swarmwatch/sdk/instrumentation'
import { attribute, spanName, timeoutError, toolError } from '@swarmwatch/sdk/names'

import { isErrorResult } from '../tool-error.ts'
import { connectionAttributes } from './connection-attributes.ts'

/** `callTool` of a client of version 1 or 2; the arguments after the first differ. */
export type CallTool = (this: object, params: ToolParams, ...rest: readonly unknown[]) => Promise<unknown>

interface ToolParams {
  readonly name?: unknown
  readonly arguments?: unknown
  readonly _meta?: Readonly<Record<string, unknown>>
}

// A symbol of the registry, so that two copies of this package see each other's
const isObservedKey = Symbol.for('@swarmwatch/instrumentation/observed')

/**
 * Returns `callTool` with a span and a count of the current run for each call. The server receives the trace in `params._meta`. A result
 * with `isError: true` is a failed tool call; result and error reach the caller unchanged.
 */
export function observedCallTool(callTool: CallTool, isActive: () => boolean): CallTool {
  function observed(this: object, params: ToolParams, ...rest: readonly unknown[]): Promise<unknown> {
    const call = isActive() ? guarded('framework', () => new ClientCall(this, params)) : undefined
    if (!call) return Reflect.apply(callTool, this, [params, ...rest])
    const sent = guarded('framework', () => call.sent(params)) ?? params
    return followed(
      call.reported.within(() => Reflect.apply(callTool, this, [sent, ...rest])),
      call,
      rest,
    )
  }
  return markObserved(observed)
}

/** `request` of a client of version 1 or 2, which `callTool` calls. */
export type SendRequest = (this: object, request: SentRequest, ...rest: readonly unknown[]) => unknown

interface SentRequest {
  readonly params?: object
}

/** Returns `request`, from which the span of a tool call has `jsonrpc.request.id`. */
export function observedRequest(request: SendRequest): SendRequest {
  return markObserved(function observed(this: object, sent: SentRequest, ...rest: readonly unknown[]) {
    const call = sentCalls.get(sent?.params ?? sentCalls)
    // The counter of the SDK, whose value is the id of the next request
    const next = (): unknown => Reflect.get(this, '_requestMessageId')
    const id = call && guarded('framework', next)
    const result = Reflect.apply(request, this, [sent, ...rest])
    if (call)
      guarded('framework', () => {
        if (typeof id === 'number' && next() === id + 1) call.setAttributes({ [attribute.jsonRpcRequestId]: String(id) })
      })
    return result
  })
}

/** Tool calls by the parameters of their request. */
const sentCalls = new WeakMap<object, ReportedToolCall>()

/** Whether calls of this method are observed already. */
export function isObserved(method: unknown): boolean {
  return typeof method === 'function' && isObservedKey in method
}

/** Returns a method for which {@link isObserved} is true. */
export function markObserved<Method extends object>(method: Method): Method {
  return Object.assign(method, { [isObservedKey]: true })
}

/** A tool call of a client: a span, a count of the run, and its duration as an MCP request. */
class ClientCall {
  readonly reported: ReportedToolCall
  readonly #tool: string
  readonly #client: object
  readonly #startedMs = performance.now()

  constructor(client: object, { name, arguments: sent }: ToolParams) {
    this.#client = client
    this.#tool = String(name)
    this.reported = beginToolCall({
      name: this.#tool,
      type: 'extension',
      source: 'mcp',
      spanName: spanName.mcpToolCall(this.#tool),
      spanKind: SpanKind.CLIENT,
      attributes: { [attribute.mcpMethod]: 'tools/call', ...connectionAttributes(client) },
      arguments: sent,
    })
  }

  /** Returns the parameters to send. */
  sent(params: ToolParams): ToolParams {
    // Always a copy, so that two calls with the same parameters have different ones
    const sent = this.reported.within(() => withTrace(params))
    sentCalls.set(sent, this.reported)
    return sent
  }

  end(result: unknown): void {
    this.reported.end(result)
    this.#record()
  }

  fail(error: unknown, errorType: string, statusCode?: string): void {
    this.reported.fail(error, errorType, statusCode === undefined ? {} : { [attribute.rpcStatusCode]: statusCode })
    this.#record(errorType, statusCode)
  }

  #record(errorType?: string, statusCode?: string): void {
    recordMcpOperation({
      side: 'client',
      tool: this.#tool,
      seconds: (performance.now() - this.#startedMs) / 1000,
      connection: connectionAttributes(this.#client),
      errorType,
      statusCode,
    })
  }
}

/** Adds the keys of the propagators, which MCP (SEP-414) reads from `_meta`. The application's own entries win. */
function withTrace(params: ToolParams): ToolParams {
  const trace: Record<string, string> = {}
  propagation.inject(context.active(), trace)
  return Object.keys(trace).length === 0 ? { ...params } : { ...params, _meta: { ...trace, ...params._meta } }
}

async function followed(result: Promise<unknown>, call: ClientCall, rest: readonly unknown[]): Promise<unknown> {
  try {
    const value = await result
    guarded('framework', () => endWith(value, call))
    return value
  } catch (error) {
    guarded('framework', () => failWith(error, call, rest))
    throw error
  }
}

function endWith(result: unknown, call: ClientCall): void {
  if (isErrorResult(result)) call.fail(new Error('the tool returned an error'), toolError)
  else call.end(result)
}

function failWith(error: unknown, call: ClientCall, rest: readonly unknown[]): void {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const aborted = rest.find((each) => (each as { signal?: AbortSignal } | undefined)?.signal?.aborted) as
    | { signal: AbortSignal }
    | undefined
  if (aborted) {
    const { reason } = aborted.signal as { reason: unknown }
    return call.fail(reason, (reason as Error | undefined)?.name === 'TimeoutError' ? timeoutError : 'cancelled')
  }
  // Errors of the client itself have the same class and form of code, but no answer of the server
  if (typeof code !== 'number' || /connection closed/i.test(String(message))) return call.fail(error, boundedErrorType(error))
  if (code === localTimeout && /timed out/i.test(String(message))) return call.fail(error, timeoutError)
  call.fail(error, String(code), String(code))
}

const localTimeout = -32001
