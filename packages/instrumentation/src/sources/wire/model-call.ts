import { beginInference, type InferenceCall, type InferenceEnd } from '@swarmwatch/sdk/instrumentation'

import type { ModelRequest } from './model-request.ts'
import { costOf } from './protocols.ts'
import { RequestBody } from './request-body.ts'
import { ResponseBody } from './response-body.ts'

/** A model call on the wire, from its request to the end of its response: one HTTP try. */
export class ModelCall {
  readonly #request: ModelRequest
  readonly #sent: RequestBody
  readonly #call: InferenceCall
  readonly #startedMs = performance.now()
  /** Whether a body that was known at the start makes the bytes on the wire redundant. */
  readonly #isBodyKnown: boolean
  #isRequestReported = false
  #isOver = false
  #status: number | undefined
  #costHeader: number | undefined
  #response: ResponseBody | undefined
  #firstChunkMs: number | undefined
  #lastChunkMs = 0

  /** Call it in the caller's async context: the call belongs to the run that is active now. */
  constructor(request: ModelRequest, address: string, body: Buffer | undefined) {
    this.#request = request
    this.#sent = new RequestBody(address)
    this.#isBodyKnown = body !== undefined
    if (body !== undefined) this.#sent.write(body)
    const { operation, provider, serverAddress, serverPort } = request
    this.#call = beginInference({
      source: 'wire',
      operation,
      provider,
      serverAddress,
      serverPort,
      ...this.#asked(),
      known: () => this.#end(this.#response?.soFar()),
    })
  }

  /** The context in which the span of this call is active. */
  get context(): InferenceCall['context'] {
    return this.#call.context
  }

  bytesSent(chunk: Buffer): void {
    if (!this.#isBodyKnown && !this.#isOver) this.#sent.write(chunk)
  }

  headersReceived(status: number, contentEncoding: string | undefined, costHeader: string | undefined): void {
    if (this.#isOver) return
    this.#reportRequest()
    this.#status = status
    if (costHeader !== undefined && Number(costHeader) > 0) this.#costHeader = Number(costHeader)
    this.#response = new ResponseBody(this.#request.protocol, contentEncoding)
  }

  bytesReceived(chunk: Buffer): void {
    if (this.#isOver || this.#response === undefined) return
    this.#lastChunkMs = performance.now()
    this.#firstChunkMs ??= this.#lastChunkMs
    this.#response.write(chunk)
  }

  /** Ends the call with its response. */
  finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response?.end()
    this.#call.end(this.#end(this.#response))
  }

  /** Ends the call without a complete response: the connection failed, or the caller left. */
  fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response?.end()
    const end = this.#end(this.#response)
    this.#call.end(this.#response?.isComplete ? end : { ...end, error })
  }

  #reportRequest(): void {
    if (this.#isRequestReported || this.#isBodyKnown) return
    this.#isRequestReported = true
    this.#call.update(this.#asked())
  }

  #asked(): { model?: string; isStream?: boolean; conversationId?: string } {
    const model = this.#sent.model ?? this.#request.model
    const { conversationId } = this.#sent
    return {
      ...(model !== undefined && { model }),
      ...((this.#sent.isStream || this.#request.isStream) && { isStream: true }),
      ...(conversationId !== undefined && { conversationId }),
    }
  }

  #end(response: ResponseBody | undefined): InferenceEnd {
    const picked = response?.picked ?? {}
    const { protocol } = this.#request
    const asked = this.#asked()
    return {
      ...asked,
      ...defined({
        conversationId: asked.conversationId ?? text(picked['conversation']),
        responseId: text(picked['id']),
        responseModel: text(picked['model']),
        usage: protocol.usage(picked),
        costUsd: costOf(picked) ?? this.#costHeader,
        finishReasons: finishReasonsOf(response),
        status: this.#status,
        errorType: this.#errorType(picked),
        ...(asked.isStream === true && this.#times(response?.events ?? 0)),
      }),
      requestFingerprint: this.#sent.fingerprint,
    }
  }

  #errorType(picked: ResponseBody['picked']): string | undefined {
    if (this.#status !== undefined && this.#status >= 400) return String(this.#status)
    const found = [picked['errorType'], picked['errorCode'], picked['errorStatus']].find((each) => each !== undefined)
    if (found === undefined) return undefined
    const type = String(found)
    return /^[\w.-]{1,64}$/.test(type) ? type : 'error'
  }

  #times(events: number): { firstChunkSeconds?: number; secondsPerChunk?: number } {
    if (this.#firstChunkMs === undefined) return {}
    const firstChunkSeconds = (this.#firstChunkMs - this.#startedMs) / 1000
    if (events < 2) return { firstChunkSeconds }
    return { firstChunkSeconds, secondsPerChunk: (this.#lastChunkMs - this.#firstChunkMs) / 1000 / (events - 1) }
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
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
