/** Tokens of one answer. `inputTokens` includes the cached ones, `outputTokens` includes the reasoning. */
export interface BilledTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheWriteInputTokens: number
  readonly reasoningOutputTokens: number
  /** Cost that the provider sends itself, as OpenRouter does. */
  readonly costUsd?: number
}

/** A tool call that the model asks for. */
export interface ScriptedToolCall {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
}

/** An answer with status 200. In a stream, each text of `texts` and each tool call is one piece of content. */
export interface AnswerReply {
  readonly kind: 'answer'
  readonly texts: readonly string[]
  readonly toolCalls: readonly ScriptedToolCall[]
  /** Replaces numbers of the bill. @default numbers that differ for every answer, see {@link billOf} */
  readonly bill?: Partial<BilledTokens> | undefined
  /** @default an id that no other answer of this process has */
  readonly responseId?: string | undefined
  /** Model in the answer. @default that of the request */
  readonly model?: string | undefined
  /** True leaves the usage out, as some gateways do. */
  readonly isUsageOmitted?: boolean | undefined
  /** Interruption after `afterPieces` pieces of content: the connection closes (`cut`), an error event ends the stream, or nothing follows (`hold`). */
  readonly interruption?:
    | {
        readonly kind: 'cut' | 'error' | 'hold'
        readonly afterPieces: number
        /** Ends a `hold`. @default it lasts until the client disconnects */
        readonly until?: Promise<unknown>
      }
    | undefined
}

/** An answer with an error status, in the error format of the protocol. */
export interface FailureReply {
  readonly kind: 'failure'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** No answer at all: the client waits until it disconnects. */
export interface SilenceReply {
  readonly kind: 'silence'
}

/** The reply of a scripted provider to one request. */
export type Reply = AnswerReply | FailureReply | SilenceReply

/** Answers with a text, in a stream piece by piece. */
export function answer(
  texts: string | readonly string[] = ['answer', '-', 'marker'],
  options: Omit<AnswerReply, 'kind' | 'texts' | 'toolCalls' | 'interruption'> = {},
): AnswerReply {
  return { kind: 'answer', texts: typeof texts === 'string' ? [texts] : texts, toolCalls: [], ...options }
}

/** Asks for tools instead of answering. */
export function toolCalls(...calls: readonly ScriptedToolCall[]): AnswerReply {
  return { kind: 'answer', texts: [], toolCalls: calls }
}

/** Fails with a status. `retryAfterSeconds` is sent as `retry-after` and as `retry-after-ms`, which OpenAI's clients read. */
export function failure(status: number, { retryAfterSeconds }: { readonly retryAfterSeconds?: number } = {}): FailureReply {
  return {
    kind: 'failure',
    status,
    headers:
      retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(retryAfterSeconds)), 'retry-after-ms': String(retryAfterSeconds * 1000) },
  }
}

/** Closes the connection after that many pieces of content; a plain answer is cut soon after the start of its body. */
export function cut(afterPieces = 1, reply: AnswerReply = answer()): AnswerReply {
  return { ...reply, interruption: { kind: 'cut', afterPieces } }
}

/** Ends a stream with the protocol's error event after that many pieces of content; a plain answer gets status 503 instead. */
export function brokenStream(afterPieces = 1, reply: AnswerReply = answer()): AnswerReply {
  return { ...reply, interruption: { kind: 'error', afterPieces } }
}

/** Sends that many pieces of content and then nothing until `until` settles or the client disconnects; a plain answer waits before its first byte. */
export function held(
  afterPieces = 1,
  until: Promise<unknown> = new Promise(() => {}),
  reply: AnswerReply = answer(),
): AnswerReply {
  return { ...reply, interruption: { kind: 'hold', afterPieces, until } }
}

/** Never answers. */
export const silence: SilenceReply = { kind: 'silence' }

/** The bill of the n-th answer of a server, counted from 1: its numbers differ from those of every other answer. */
export function billOf(number: number, changes: Partial<BilledTokens> = {}): BilledTokens {
  return {
    inputTokens: 1_000 + number,
    outputTokens: 100 + number,
    cacheReadInputTokens: 300,
    cacheWriteInputTokens: 0,
    reasoningOutputTokens: 20,
    ...changes,
  }
}
