import type { Context } from '@opentelemetry/api'

/** Tokens of a model call, as the provider billed them. */
export interface InferenceUsage {
  /** All tokens of the prompt, cached ones included. */
  readonly inputTokens?: number | undefined
  /** All tokens of the answer, reasoning included. */
  readonly outputTokens?: number | undefined
  /** The part of `inputTokens` that was read from the provider's cache. */
  readonly cacheReadInputTokens?: number | undefined
  /** The part of `inputTokens` that was written to the provider's cache. */
  readonly cacheWriteInputTokens?: number | undefined
  /** The part of `outputTokens` that the model spent on reasoning. */
  readonly reasoningOutputTokens?: number | undefined
}

/**
 * Source of a report about a model call: `wire` and `claude-agent` see each HTTP request, `code` is {@link recordInference}, and any other
 * name is a hook of a framework, which may report what the wire has seen.
 */
export type InferenceSource = 'wire' | 'claude-agent' | 'code' | (string & {})

/** A model call that begins, as far as its reporter knows it. */
export interface InferenceStart {
  readonly source: InferenceSource
  /** `gen_ai.operation.name`: `chat`, `embeddings`, `generate_content`, `text_completion`. @default 'chat' */
  readonly operation?: string | undefined
  /** `gen_ai.provider.name`: `openai`, `anthropic`, `gcp.gemini`, ... @default '_OTHER' */
  readonly provider?: string | undefined
  /** The requested model. */
  readonly model?: string | undefined
  readonly isStream?: boolean | undefined
  readonly conversationId?: string | undefined
  readonly serverAddress?: string | undefined
  readonly serverPort?: number | undefined
  /** The client that sends the request, such as the product of its `user-agent`; warnings name it. */
  readonly client?: string | undefined
  /** True if another instrumentation has made a span of the call: it is only counted. @default false */
  readonly hasSpan?: boolean | undefined
  /** Milliseconds since 1970. A hook that learns of a call at its end passes it. @default now */
  readonly startedAt?: number | undefined
  /** Returns what is known of a call that is still open when its attempt ends, such as a stream that was broken off. It is counted then, once. */
  readonly known?: (() => InferenceEnd) | undefined
}

/** A model call that has ended, as far as its reporter knows it. */
export interface InferenceEnd {
  readonly operation?: string | undefined
  readonly model?: string | undefined
  readonly provider?: string | undefined
  readonly isStream?: boolean | undefined
  readonly conversationId?: string | undefined
  /** The provider's id of the response: reports with the same one are one call. */
  readonly responseId?: string | undefined
  readonly responseModel?: string | undefined
  readonly usage?: InferenceUsage | undefined
  /** US dollars, if the provider sent them; they take precedence over a computed price. */
  readonly costUsd?: number | undefined
  readonly finishReasons?: readonly string[] | undefined
  /** Milliseconds since 1970. @default now */
  readonly endedAt?: number | undefined
  /** HTTP status of this try. */
  readonly status?: number | undefined
  /**
   * The response's rate-limit headers, and `retry-after`, `retry-after-ms`, `x-should-retry` and `date` if it failed: many clients drop
   * them from their errors. Names in lower case.
   */
  readonly retryHeaders?: Readonly<Record<string, string>> | undefined
  readonly error?: unknown
  /** `error.type`, if `error` does not show it. */
  readonly errorType?: string | undefined
  /** From the request to the first chunk of a stream. */
  readonly firstChunkSeconds?: number | undefined
  /** One value for each chunk of a stream after the first: seconds from the end of the chunk before it to its own end. */
  readonly chunkSeconds?: readonly number[] | undefined
  /**
   * Equal for two HTTP requests with the same address and body. If a body was not sent, it ends with `-`, and is the beginning of that of
   * the same request with its body. A repeat after a failed try of the same attempt is a further try of the same model call.
   */
  readonly requestFingerprint?: string | undefined
  /** True for an answer whose usage a later report brings, such as that of a background response: it is not missing. @default false */
  readonly isPending?: boolean | undefined
  /** Messages under the convention's schema; recorded only while content capture is on. */
  readonly input?: unknown
  readonly output?: unknown
  readonly systemInstructions?: unknown
  readonly toolDefinitions?: unknown
}

/** A model call in progress. */
export interface InferenceCall {
  /** The OpenTelemetry context in which the span of the call is active, for propagation. */
  readonly context: Context
  /** Adds what was learned after the start, such as the model in the body of a request. */
  update(start: Partial<InferenceStart>): void
  /** Reports that a part of the answer has arrived: the run of the call makes progress. */
  progressed(): void
  /** Ends the call and counts it, unless another source has reported it. A second call has no effect. */
  end(end: InferenceEnd): 'counted' | 'duplicate'
  /** Forgets a call that turns out to be none, such as a request to an API that is not of a model. It is not counted and has no span. */
  discard(): void
}
