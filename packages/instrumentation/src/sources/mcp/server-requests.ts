import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'
import { guarded, recordMcpOperation } from '@swarmwatch/sdk/instrumentation'
import { attribute, spanName, toolError } from '@swarmwatch/sdk/names'

import { sourceVersion } from '../source.ts'
import { isErrorResult } from '../tool-error.ts'
import { markObserved } from './client-calls.ts'
import { connectionAttributes } from './connection-attributes.ts'

/** The handler of requests of a server, version 1 or 2. */
export type OnRequest = (this: McpServer, request: McpRequest, ...rest: readonly unknown[]) => unknown

/** A server, as far as it is used here; the field is private and has the same shape in both versions. */
interface McpServer {
  readonly _requestHandlers?: Map<string, Handler>
}
type Handler = (request: McpRequest, ...rest: readonly unknown[]) => unknown

interface McpRequest {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: { readonly name?: unknown; readonly _meta?: Readonly<Record<string, unknown>> }
}

const method = 'tools/call'

/**
 * Returns `_onrequest` with a span for each call of a tool. The span is a child of the client's one, whose context is in `params._meta`,
 * and the tool runs in it. Answers and errors are unchanged.
 */
export function observedOnRequest(onRequest: OnRequest, isActive: () => boolean): OnRequest {
  return markObserved(function observed(this: McpServer, request: McpRequest, ...rest: readonly unknown[]) {
    const handlers = isActive() && request?.method === method ? this._requestHandlers : undefined
    const handler = handlers?.get(method)
    if (!handlers || !handler) return Reflect.apply(onRequest, this, [request, ...rest])
    // The SDK looks the handler up before it returns, so nothing of this remains in the server
    handlers.set(method, (...args) => handled(this, request, () => Reflect.apply(handler, this, args)))
    try {
      return Reflect.apply(onRequest, this, [request, ...rest])
    } finally {
      handlers.set(method, handler)
    }
  })
}

/** Calls the handler in a span of the request. */
async function handled(server: McpServer, request: McpRequest, handle: () => unknown): Promise<unknown> {
  const call = guarded('framework', () => new ServerCall(server, request))
  if (!call) return handle()
  try {
    const result = await context.with(call.active, handle)
    guarded('framework', () => call.end(isErrorResult(result) ? toolError : undefined))
    return result
  } catch (error) {
    guarded('framework', () => call.endWithCode(error))
    throw error
  }
}

/** A tool call of a server: a span, and its duration as an MCP request. */
class ServerCall {
  readonly active: Context
  readonly #span: Span
  readonly #tool: string
  readonly #connection: Attributes
  readonly #startedMs = performance.now()

  constructor(server: McpServer, request: McpRequest) {
    this.#tool = String(request.params?.name)
    this.#connection = connectionAttributes(server)
    const { span, active } = startSpan(this.#tool, request, this.#connection)
    this.#span = span
    this.active = active
  }

  endWithCode(error: unknown): void {
    const thrown = (error as { code?: unknown } | undefined)?.code
    // The SDK answers so for an error without a code
    const code = Number.isSafeInteger(thrown) ? (thrown as number) : internalError
    this.#span.setAttribute(attribute.rpcStatusCode, String(code))
    this.end(clientErrors.has(code) ? undefined : String(code), String(code))
  }

  end(errorType: string | undefined, statusCode?: string): void {
    if (errorType !== undefined) {
      this.#span.setAttribute(attribute.errorType, errorType)
      this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
    recordMcpOperation({
      side: 'server',
      tool: this.#tool,
      seconds: (performance.now() - this.#startedMs) / 1000,
      connection: this.#connection,
      errorType,
      statusCode,
    })
  }
}

/** JSON-RPC codes that blame the request, which is no failure of the server. */
const clientErrors = new Set([-32_700, -32_600, -32_601, -32_602, -32_002])
const internalError = -32_603

function startSpan(tool: string, { id, params }: McpRequest, connection: Attributes): { span: Span; active: Context } {
  const ambient = context.active()
  const parent = propagation.extract(ambient, params?._meta ?? {})
  const attributes: Attributes = {
    [attribute.mcpMethod]: method,
    [attribute.operation]: 'execute_tool',
    [attribute.toolName]: tool,
    ...((typeof id === 'string' || typeof id === 'number') && { [attribute.jsonRpcRequestId]: String(id) }),
    ...connection,
  }
  const transportSpan = trace.getSpanContext(ambient)
  const isLinked = transportSpan !== undefined && transportSpan.spanId !== trace.getSpanContext(parent)?.spanId
  const span = trace
    .getTracer('@swarmwatch/instrumentation', sourceVersion)
    .startSpan(
      spanName.mcpToolCall(tool),
      { kind: SpanKind.SERVER, attributes, ...(isLinked && { links: [{ context: transportSpan }] }) },
      parent,
    )
  return { span, active: trace.setSpan(parent, span) }
}
