import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

import { type LocalServer, readJsonBody, startLocalServer } from '../http-server.ts'
import {
  answerStream,
  badRequest,
  type ChatAnswer,
  chatAnswer,
  type ChatError,
  chatError,
  completionBody,
  rateLimitedError,
  serverError,
  type Usage,
} from './chat-answer.ts'
import { type ChatRequest, chatRequest, readConversation } from './chat-request.ts'
import { type Fault, type FaultKind, type FaultPlan, noFaults } from './fault-plan.ts'
import { type Script, scriptedAgents } from './scripts.ts'

/** Answers, speed and faults of the model. */
export interface ModelBehaviour {
  /** Scripts by the agent name after "You are" in the system message. */
  readonly scripts: ReadonlyMap<string, Script>
  readonly plan: FaultPlan
  /** Delay before the n-th answer, in ms. */
  readonly latencyMs: (number: number) => number
  /** Time between two chunks of a stream, in ms. */
  readonly chunkDelayMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly log: RequestLog
}

/** Options for {@link startModelServer}. */
export interface ModelServerOptions extends Partial<Omit<ModelBehaviour, 'log'>> {
  /** A larger request is answered with 413. @default 1_000_000 */
  readonly maxBodyBytes?: number
  /** Number of requests that the log keeps. @default 1000 */
  readonly rememberedRequests?: number
}

/** A running model server and the log of its requests. */
export interface ModelServer extends LocalServer {
  readonly log: RequestLog
}

/**
 * Starts a model server with OpenAI's chat completions API: `POST /v1/chat/completions`, as one body or as a stream, with tool calls and
 * token usage. Each agent has a script for its answers; `plan` decides the faults.
 */
export async function startModelServer({
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
  const server = await startLocalServer((request, response) => {
    // A client that disconnects before its answer is complete is not an error of this server
    handle(request, response, behaviour, maxBodyBytes).catch(() => response.destroy())
  })
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

/** Answers a valid request, with the planned fault if there is one. Returns an error response instead of sending it. */
async function completeChat(
  request: ChatRequest,
  traceparent: string | undefined,
  response: ServerResponse,
  behaviour: ModelBehaviour,
): Promise<ChatError | undefined> {
  const { log, plan, scripts, latencyMs, chunkDelayMs } = behaviour
  const conversation = readConversation(request)
  const { agent, task } = conversation
  const number = log.nextNumber()
  const fault = plan({ number, agent, agentRequest: log.countFor(agent), task })
  const stream = request.stream === true
  const logged: LoggedRequest = { number, agent, model: request.model, stream, traceparent, fault: fault?.kind }
  log.add(logged)

  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await delay(latencyMs(number) + (fault?.kind === 'slow' ? fault.delayMs : 0), undefined, { signal: gone.signal })
  if (fault?.kind === 'reset') {
    response.socket?.resetAndDestroy()
    return undefined
  }
  const error = errorOf(fault)
  if (error) return error

  const turn = scripts.get(agent)?.(conversation) ?? { text: 'There is no script for this conversation.' }
  const created = Math.floor(behaviour.now() / 1000)
  const answer = chatAnswer(request, turn, number, created, fault?.kind === 'malformed-arguments')
  if (stream)
    await sendStream(response, answerStream(answer, request.stream_options?.include_usage === true), chunkDelayMs, gone.signal)
  else sendBody(response, answer)
  log.bill(logged, answer.usage)
  return undefined
}

function errorOf(fault: Fault | undefined): ChatError | undefined {
  if (fault?.kind === 'rate-limited') return rateLimitedError(fault.retryAfterSeconds)
  return fault?.kind === 'server-error' ? serverError : undefined
}

function sendBody(response: ServerResponse, answer: ChatAnswer): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completionBody(answer)))
}

async function sendStream(response: ServerResponse, events: Iterable<string>, pauseMs: number, gone: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const event of events) {
    if (!response.write(event)) await once(response, 'drain', { signal: gone })
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal: gone })
  }
  response.end()
}

/** Log entry of one request, without its texts. */
export interface LoggedRequest {
  readonly number: number
  readonly agent: string
  readonly model: string
  readonly stream: boolean
  /** W3C trace context of the request. */
  readonly traceparent: string | undefined
  readonly fault: FaultKind | undefined
  /** Set when the answer was sent completely; only such answers are billed. */
  billed?: Usage
}

/** Keeps the last requests of the model server and the sum of all billed tokens. */
export class RequestLog {
  readonly #limit: number
  readonly #requests: LoggedRequest[] = []
  readonly #perAgent = new Map<string, number>()
  #count = 0
  readonly billed = { answers: 0, inputTokens: 0, outputTokens: 0 }

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The last requests, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests
  }

  /** Counts a request and returns its position among all requests, from 1. */
  nextNumber(): number {
    this.#count += 1
    return this.#count
  }

  /** Counts a request of `agent` and returns its position among the requests of this agent, from 1. */
  countFor(agent: string): number {
    const count = (this.#perAgent.get(agent) ?? 0) + 1
    // Clients choose the names: beyond 100 of them, the oldest count is dropped
    if (count === 1 && this.#perAgent.size >= 100) this.#perAgent.delete(this.#perAgent.keys().next().value ?? '')
    this.#perAgent.set(agent, count)
    return count
  }

  add(request: LoggedRequest): void {
    if (this.#requests.length >= this.#limit) this.#requests.shift()
    this.#requests.push(request)
  }

  bill(request: LoggedRequest, usage: Usage): void {
    request.billed = usage
    this.billed.answers += 1
    this.billed.inputTokens += usage.prompt_tokens
    this.billed.outputTokens += usage.completion_tokens
  }
}
