import type { AnswerReply, BilledTokens } from './reply.ts'

/** An answer with everything that its reply left open. */
export interface Answer extends Omit<AnswerReply, 'responseId' | 'model' | 'bill'> {
  readonly responseId: string | undefined
  readonly model: string
  readonly bill: BilledTokens
  /** Position among the answers of its server, from 1. */
  readonly number: number
  /** The request that it answers. */
  readonly request: Readonly<Record<string, unknown>>
}

/** One event of a stream. */
export interface StreamEvent {
  readonly text: string
  /** True for a piece of content, false for events around the content. */
  readonly isContent?: boolean
  /** Tokens that the client knows after this event. */
  readonly bill?: Partial<BilledTokens>
}

/** The names of the protocols. */
export type ProtocolName = 'openai-chat' | 'openai-responses' | 'openai-embeddings' | 'anthropic-messages' | 'gemini-content'

/** One provider's way to ask and to answer. */
export interface Protocol {
  readonly name: ProtocolName
  readonly path: RegExp
  /** Start of the ids of its answers; absent if they have none. */
  readonly idPrefix?: string
  readonly isStream: (path: string, request: Readonly<Record<string, unknown>>) => boolean
  readonly model: (path: string, request: Readonly<Record<string, unknown>>) => string
  /** The numbers of a bill that this protocol can express. @default all */
  readonly bill?: (bill: BilledTokens) => BilledTokens
  readonly body: (answer: Answer) => unknown
  readonly events: (answer: Answer) => Iterable<StreamEvent>
  /** The event that ends a broken stream. */
  readonly errorEvent: () => string
  /** The body of an answer with that status. */
  readonly errorBody: (status: number) => unknown
}

/** Formats a server-sent event; `type` is its `event:` line. */
export function sse(data: unknown, type?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${text}\n\n`
}

/** OpenAI's error object for a status. */
export function openaiError(status: number): unknown {
  const types: Record<number, string> = { 400: 'invalid_request_error', 401: 'invalid_request_error', 429: 'requests' }
  const codes: Record<number, string> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }
  const error = {
    message: `scripted status ${status}`,
    type: types[status] ?? 'server_error',
    param: null,
    code: codes[status] ?? null,
  }
  return { error }
}
