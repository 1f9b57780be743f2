import type { IncomingMessage, ServerResponse } from 'node:http'

import { type HttpServer, startHttpServer } from '../http-server.ts'
import { readJsonBody } from '../read-json-body.ts'
import { badRequest, type ChatError, chatError } from './chat-error.ts'
import { chatRequest } from './chat-request.ts'
import { completeChat, type ModelBehaviour } from './complete-chat.ts'
import { noFaults } from './fault-plan.ts'
import { RequestLog } from './request-log.ts'
import { scriptedAgents } from './scripts/scripted-agents.ts'

/** What {@link startModelServer} may be told. */
export interface ModelServerOptions extends Partial<Omit<ModelBehaviour, 'log'>> {
  /** On 127.0.0.1. @default 0, a free one */
  readonly port?: number
  /** A larger request is answered with 413. @default 1_000_000 */
  readonly maxBodyBytes?: number
  /** How many requests are remembered. @default 1000 */
  readonly rememberedRequests?: number
}

/** A model server under way, and what it has seen. */
export interface ModelServer extends HttpServer {
  readonly log: RequestLog
}

/**
 * Starts a model that speaks OpenAI's chat completions over real HTTP: `POST /v1/chat/completions`, as one body or as a stream, with tool
 * calls and token usage. What it says comes from a script per agent, how it misbehaves from `plan`.
 */
export async function startModelServer({
  port = 0,
  maxBodyBytes = 1_000_000,
  rememberedRequests = 1000,
  scripts = scriptedAgents,
  plan = noFaults,
  latencyMs = () => 0,
  chunkDelayMs = 0,
  now = Date.now,
}: ModelServerOptions = {}): Promise<ModelServer> {
  const log = new RequestLog(rememberedRequests)
  const behaviour: ModelBehaviour = { scripts, plan, latencyMs, chunkDelayMs, now, log }
  const server = await startHttpServer(
    (request, response) => {
      // A client that goes away while it is answered is no error of ours
      handle(request, response, behaviour, maxBodyBytes).catch(() => response.destroy())
    },
    { port },
  )
  return { ...server, log }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: ModelBehaviour,
  maxBodyBytes: number,
): Promise<void> {
  if (request.url !== '/v1/chat/completions') {
    return sendError(response, chatError(404, 'invalid_request_error', 'Unknown address. Use POST /v1/chat/completions.'))
  }
  if (request.method !== 'POST') {
    return sendError(
      response,
      chatError(405, 'invalid_request_error', 'Only POST is allowed here.', { headers: { allow: 'POST' } }),
    )
  }
  const body = await readJsonBody(request, maxBodyBytes)
  if (!body.ok && body.reason === 'too-large') {
    return sendError(response, chatError(413, 'invalid_request_error', `The body is larger than ${maxBodyBytes} bytes.`))
  }
  if (!body.ok) return sendError(response, badRequest('The body is not valid JSON.'))
  const parsed = chatRequest.safeParse(body.value)
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? ''
    return sendError(response, badRequest(`Invalid value for '${path}'.`, path))
  }
  const traceparent = request.headers['traceparent']
  const error = await completeChat(parsed.data, typeof traceparent === 'string' ? traceparent : undefined, response, behaviour)
  if (error) sendError(response, error)
}

function sendError(response: ServerResponse, { status, headers, body }: ChatError): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
