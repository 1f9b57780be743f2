import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

import { openHttpServer, type ReceivedRequest } from '../http-server.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { geminiContent } from './gemini-content.ts'
import { openaiChat, openaiEmbeddings } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import type { Answer, Protocol, ProtocolName } from './protocol.ts'
import { answer, billOf, type AnswerReply, type BilledTokens, type Reply } from './reply.ts'

/** A request for a model, and what the provider did with it. */
export interface ModelRequest extends ReceivedRequest {
  readonly protocol: ProtocolName
  /** Position among the requests of this provider, from 1. */
  readonly number: number
  readonly json: Readonly<Record<string, unknown>>
  readonly model: string
  readonly isStream: boolean
  /** @default undefined until the answer begins, and without one */
  readonly responseId: string | undefined
  /** Tokens that were in the sent part of the answer; undefined without any. */
  readonly billed: BilledTokens | undefined
  /** `open` while it is answered, `left` when the client disconnected before the end. */
  readonly end: 'open' | 'complete' | 'cut' | 'left'
}

/** A provider of models on loopback that speaks all protocols, keeps what it received and knows what it billed. */
export interface ModelProvider extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`: base address for Anthropic and Gemini. */
  readonly url: string
  /** Base address for OpenAI's protocols. */
  readonly openaiUrl: string
  readonly port: number
  /** Requests for models, oldest first. */
  readonly requests: readonly ModelRequest[]
  /** Sum of what all answers billed. */
  billed(): BilledTokens & { readonly answers: number }
  /** Uses a new script and forgets all requests. */
  restart(script: Script): void
  close(): Promise<void>
}

/** Replies in the order of the requests, of which the last one repeats; or a function of the request. */
export type Script = readonly Reply[] | ((request: ModelRequest) => Reply)

const protocols: readonly Protocol[] = [openaiChat, openaiResponses, openaiEmbeddings, anthropicMessages, geminiContent]

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

let answers = 0

/**
 * Starts a provider with a script. It speaks OpenAI's chat, responses and embeddings, Anthropic's messages and Gemini, plain and as a
 * stream; the path of a request decides. Unknown paths get 404.
 *
 * @example
 * await using provider = await openModelProvider([failure(429, { retryAfterSeconds: 0 }), answer('done')])
 * const client = new OpenAI({ baseURL: provider.openaiUrl, apiKey: 'k' })
 */
export async function openModelProvider(script: Script = [answer()]): Promise<ModelProvider> {
  const requests: Writable<ModelRequest>[] = []
  const provider = { script, answered: 0 }
  const server = await openHttpServer((received, response) => {
    const protocol = protocols.find(({ path }) => path.test(received.path))
    if (protocol === undefined) return void response.writeHead(404).end()
    const json = parsed(received.body)
    const request: Writable<ModelRequest> = {
      ...received,
      protocol: protocol.name,
      number: requests.length + 1,
      json,
      model: protocol.model(received.path, json),
      isStream: protocol.isStream(received.path, json),
      responseId: undefined,
      billed: undefined,
      end: 'open',
    }
    requests.push(request)
    response.once('close', () => {
      if (request.end === 'open') request.end = response.writableFinished ? 'complete' : 'left'
    })
    const reply = replyOf(provider.script, request)
    if (reply.kind === 'silence') return
    if (reply.kind === 'failure') return sendFailure(protocol, reply.status, reply.headers, response)
    provider.answered += 1
    const full = answerOf(reply, request, protocol, provider.answered)
    request.responseId = full.responseId
    const send = request.isStream ? sendStream : sendBody
    send(protocol, full, request, response).catch(() => response.destroy())
  })
  return {
    url: server.url,
    openaiUrl: `${server.url}/v1`,
    port: server.port,
    requests,
    billed: () => sumOf(requests),
    restart(next) {
      requests.length = 0
      Object.assign(provider, { script: next, answered: 0 })
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    return {}
  }
}

function replyOf(script: Script, request: ModelRequest): Reply {
  if (typeof script === 'function') return script(request)
  return script[request.number - 1] ?? script.at(-1) ?? answer()
}

function answerOf(reply: AnswerReply, request: ModelRequest, { idPrefix, bill }: Protocol, number: number): Answer {
  answers += 1
  const full = billOf(number, reply.bill)
  return {
    ...reply,
    responseId: idPrefix === undefined ? undefined : (reply.responseId ?? `${idPrefix}${process.pid}-${answers}`),
    model: reply.model ?? request.model,
    bill: bill?.(full) ?? full,
    number,
    request: request.json,
  }
}

function sendFailure(
  { errorBody }: Protocol,
  status: number,
  headers: Readonly<Record<string, string>>,
  response: ServerResponse,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(errorBody(status)))
}

/** Less than the usage in any body. */
const bytesOfCutBody = 40

async function sendBody(
  protocol: Protocol,
  full: Answer,
  request: Writable<ModelRequest>,
  response: ServerResponse,
): Promise<void> {
  const { interruption, bill, isUsageOmitted } = full
  if (interruption?.kind === 'error') return sendFailure(protocol, 503, {}, response)
  if (interruption?.kind === 'hold') await interruption.until
  const body = Buffer.from(JSON.stringify(protocol.body(full)))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  if (interruption?.kind === 'cut') return cutAfter(body.subarray(0, bytesOfCutBody), request, response)
  if (!isUsageOmitted) request.billed = bill
  response.end(body)
}

async function sendStream(
  protocol: Protocol,
  full: Answer,
  request: Writable<ModelRequest>,
  response: ServerResponse,
): Promise<void> {
  const { interruption, bill } = full
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  let pieces = 0
  for (const { text, isContent, bill: known } of protocol.events(full)) {
    if (isContent && interruption && pieces === interruption.afterPieces) {
      if (interruption.kind === 'cut') return cutAfter('', request, response)
      if (interruption.kind === 'error') return void response.end(protocol.errorEvent())
      await interruption.until
    }
    if (isContent) pieces += 1
    if (response.destroyed) return
    if (known) request.billed = { ...(request.billed ?? bill), ...known }
    if (!response.write(text)) await once(response, 'drain')
  }
  response.end()
}

/** Closes the connection once everything before has been sent, so that the client receives exactly that part. */
function cutAfter(part: string | Buffer, request: Writable<ModelRequest>, response: ServerResponse): void {
  request.end = 'cut'
  const end = (): void => response.socket?.destroySoon()
  if (part.length > 0) response.write(part, end)
  else end()
}

function sumOf(requests: readonly ModelRequest[]): BilledTokens & { readonly answers: number } {
  const bills = requests.flatMap(({ billed }) => (billed ? [billed] : []))
  const sum = (key: keyof BilledTokens): number => bills.reduce((total, bill) => total + (bill[key] ?? 0), 0)
  return {
    answers: bills.length,
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    cacheReadInputTokens: sum('cacheReadInputTokens'),
    cacheWriteInputTokens: sum('cacheWriteInputTokens'),
    reasoningOutputTokens: sum('reasoningOutputTokens'),
    costUsd: sum('costUsd'),
  }
}
