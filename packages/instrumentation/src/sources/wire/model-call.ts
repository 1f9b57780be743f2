import { AsyncLocalStorage } from 'node:async_hooks'

import type { Context } from '@opentelemetry/api'
import {
  beginInference,
  guarded,
  isContentCaptured,
  type InferenceCall,
  type InferenceEnd,
  type InferenceStart,
} from '@swarmwatch/sdk/instrumentation'

import { abortOfRequest } from '../own-abort.ts'
import { forgetPending, isUnfinished, rememberPending } from './background-responses.ts'
import { limitHeaders } from './limit-headers.ts'
import { header, type ModelRequest } from './model-request.ts'
import { costOf } from './protocols.ts'
import { receivedContent } from './received-content.ts'
import type { RequestBody } from './request-body.ts'
import { ResponseBody } from './response-body.ts'
import { sentContent } from './sent-content.ts'
import { type InContext, rememberFailure } from './undici-retries.ts'

/** The sent side of a model call. */
export interface SentModelRequest {
  readonly request: ModelRequest
  readonly body: RequestBody
  /** Whether `body` was complete before the request began; otherwise it is read while it is sent. */
  readonly isBodyKnown: boolean
  /** The client, from the header `user-agent`. */
  readonly client: string | undefined
}

/** A model call on the wire, from its request to the end of its response: one HTTP try. */
export class ModelCall {
  readonly #sent: SentModelRequest
  /** Missing for a poll, which is no call. */
  readonly #call: InferenceCall | undefined
  /** The caller's context, if a later request may have to return to it. */
  readonly #inContext: InContext | undefined
  readonly #startedAt = Date.now()
  readonly #startedMs = performance.now()
  #isRequestReported: boolean
  #isOver = false
  #status: number | undefined
  #costHeader: number | undefined
  #retryHeaders: Readonly<Record<string, string>> | undefined
  #response: ResponseBody | undefined
  #firstChunkMs: number | undefined
  readonly #chunks = new ChunkTimes()

  /** Call it in the caller's async context: the call belongs to the run that is active now. */
  constructor(sent: SentModelRequest) {
    this.#sent = sent
    this.#isRequestReported = sent.isBodyKnown
    if (sent.isBodyKnown || sent.request.polledId !== undefined) this.#inContext = AsyncLocalStorage.snapshot()
    if (sent.request.polledId === undefined) this.#call = beginInference(this.#start())
  }

  /** The context in which the span of this call is active; undefined if it has none. */
  get context(): Context | undefined {
    return this.#call?.context
  }

  bytesSent(chunk: Buffer): void {
    if (!this.#sent.isBodyKnown && !this.#isOver) this.#sent.body.write(chunk)
  }

  headersReceived(status: number, headers: unknown): void {
    if (this.#isOver) return
    const { request, body } = this.#sent
    // The client repeats a redirected request at another address
    const isRedirected = status >= 300 && status < 400
    if (isRedirected || (request.isUncertain && body.asksForNoModel)) {
      this.#isOver = true
      this.#call?.discard()
      return
    }
    if (!this.#isRequestReported) this.#call?.update(this.#asked())
    this.#isRequestReported = true
    this.#status = status
    const cost = Number(header(headers, 'x-litellm-response-cost') ?? Number.NaN)
    if (cost > 0) this.#costHeader = cost
    this.#retryHeaders = limitHeaders(headers, status >= 400)
    this.#response = new ResponseBody(request.protocol, header(headers, 'content-encoding'), isContentCaptured())
  }

  bytesReceived(chunk: Buffer): void {
    if (this.#isOver || this.#response === undefined) return
    const nowMs = performance.now()
    this.#firstChunkMs ??= nowMs
    this.#response.write(chunk)
    this.#call?.progressed()
    this.#chunks.received(this.#response.events, nowMs)
  }

  /** Ends the call with its response. */
  finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response?.end()
    this.#report(this.#end(this.#response))
  }

  /** Ends the call without a complete response: the connection failed, or the caller left. */
  fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response?.end()
    const end = this.#end(this.#response)
    if (this.#response?.isComplete) this.#report(end)
    else this.#report({ ...end, error, ...(end.errorType === undefined && defined({ errorType: abortOfRequest(error) })) })
  }

  #report(end: InferenceEnd): void {
    const { body, isBodyKnown } = this.#sent
    if (this.#call === undefined) {
      this.#reportPolled(end)
      return
    }
    this.#call.end(end)
    if (end.isPending && end.responseId !== undefined) rememberPending(end.responseId)
    const isFailed = end.error !== undefined || end.errorType !== undefined
    if (isFailed && isBodyKnown && this.#inContext) rememberFailure(body.fingerprint, this.#inContext)
  }

  /** Counts the usage of a background response, which only a poll shows. A poll itself is neither a call nor a try. */
  #reportPolled(end: InferenceEnd): void {
    const { polledId } = this.#sent.request
    if (polledId === undefined || end.isPending || end.responseId !== polledId) return
    forgetPending(polledId)
    if (end.usage) this.#inContext?.(() => beginInference({ ...this.#start(), source: 'code', hasSpan: true }).end(end))
  }

  #start(): InferenceStart {
    const { operation, provider, serverAddress, serverPort, polledId } = this.#sent.request
    return {
      source: 'wire',
      operation,
      provider,
      serverAddress,
      serverPort,
      client: this.#sent.client,
      ...this.#asked(),
      ...(polledId === undefined ? { known: () => this.#known() } : { startedAt: this.#startedAt }),
    }
  }

  /** The state at the end of the attempt. A request without an answer was given up: while it connects, its error comes later. */
  #known(): InferenceEnd {
    const end = this.#end(this.#response?.soFar())
    return this.#status === undefined ? { ...end, errorType: 'cancelled' } : end
  }

  #asked(): { model?: string; isStream?: boolean; conversationId?: string } {
    const { request, body } = this.#sent
    return defined({
      model: body.model ?? request.model,
      isStream: body.isStream || request.isStream || undefined,
      conversationId: body.conversationId,
    })
  }

  #end(response: ResponseBody | undefined): InferenceEnd {
    const picked = response?.picked ?? {}
    const { protocol } = this.#sent.request
    const asked = this.#asked()
    const usage = protocol.usage(picked)
    return {
      ...asked,
      ...defined({
        conversationId: asked.conversationId ?? text(picked['conversation']),
        responseId: text(picked['id']),
        responseModel: text(picked['model']),
        usage,
        costUsd: costOf(picked) ?? this.#costHeader,
        finishReasons: finishReasonsOf(response),
        status: this.#status,
        retryHeaders: this.#retryHeaders,
        errorType: this.#errorType(picked),
        isPending: (usage === undefined && isUnfinished(picked['status'])) || undefined,
        ...(asked.isStream === true && this.#times()),
      }),
      requestFingerprint: this.#sent.body.fingerprint,
      ...this.#content(response),
    }
  }

  /** Messages, only while content is recorded. */
  #content(
    response: ResponseBody | undefined,
  ): Pick<InferenceEnd, 'input' | 'output' | 'systemInstructions' | 'toolDefinitions'> {
    const sent = this.#sent.body.captured
    if (sent === undefined) return {}
    const { protocol } = this.#sent.request
    const output = response?.captured
    return {
      ...guarded('capture', () => sentContent(protocol, sent)),
      ...(output !== undefined && defined({ output: guarded('capture', () => receivedContent(protocol, output)) })),
    }
  }

  #errorType(picked: ResponseBody['picked']): string | undefined {
    if (this.#status !== undefined && this.#status >= 400) return String(this.#status)
    const isErrorEvent = picked['type'] === 'error'
    const found = [
      picked['errorType'],
      picked['errorCode'],
      picked['errorStatus'],
      // Events with the code that an interpreter runs have the same key
      isErrorEvent ? picked['eventCode'] : undefined,
    ].find((each) => each !== undefined)
    if (found === undefined) return isErrorEvent || picked['error'] === true ? 'error' : undefined
    const type = String(found)
    return /^[\w.-]{1,64}$/.test(type) ? type : 'error'
  }

  #times(): Pick<InferenceEnd, 'firstChunkSeconds' | 'chunkSeconds'> {
    if (this.#firstChunkMs === undefined) return {}
    return { firstChunkSeconds: (this.#firstChunkMs - this.#startedMs) / 1000, chunkSeconds: this.#chunks.seconds }
  }
}

/** Intervals that are kept of one stream, 16 KB; chunks after them have none. */
const maxIntervals = 2000

/**
 * Measures the time between the chunks of a stream, which are its events. Events that arrive in one piece of the body have ended at the
 * same time, so only the first of them has an interval above 0.
 */
class ChunkTimes {
  /** One value for each chunk after the first: seconds from the end of the chunk before it to its own end. */
  readonly seconds: number[] = []
  #count = 0
  #lastMs = 0

  /** Takes the number of complete chunks after a piece of the body that arrived at `nowMs`. */
  received(count: number, nowMs: number): void {
    while (this.#count < count) {
      if (this.#count > 0 && this.seconds.length < maxIntervals) this.seconds.push((nowMs - this.#lastMs) / 1000)
      this.#lastMs = nowMs
      this.#count += 1
    }
  }
}

function finishReasonsOf(response: ResponseBody | undefined): readonly string[] | undefined {
  if (response === undefined) return undefined
  if (response.finishReasons.length > 0) return response.finishReasons
  // Responses of OpenAI have a status instead; a prompt that Gemini blocks has no candidate
  const reason = text(response.picked['incomplete']) ?? text(response.picked['status'])
  return reason === undefined ? undefined : [reason]
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) kept[name] = value
  return kept as never
}
