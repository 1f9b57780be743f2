import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

import { answerStream } from './answer-stream.ts'
import { type ChatAnswer, chatAnswer, completionBody } from './chat-answer.ts'
import { type ChatError, rateLimitedError, serverError } from './chat-error.ts'
import type { ChatRequest } from './chat-request.ts'
import { readConversation } from './conversation.ts'
import type { Fault, FaultPlan } from './fault-plan.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'
import type { Script } from './script.ts'

/** What the model says, how fast, and how it misbehaves. */
export interface ModelBehaviour {
  /** By the name after "You are" in the system message. */
  readonly scripts: ReadonlyMap<string, Script>
  readonly plan: FaultPlan
  /** Time to think before the n-th answer, in ms. */
  readonly latencyMs: (number: number) => number
  /** Time between two chunks of a stream, in ms. */
  readonly chunkDelayMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly log: RequestLog
}

/** Answers a well-formed request, or spoils it as planned; returns the error to send, if that is the answer. */
export async function completeChat(
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
