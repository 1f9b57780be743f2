import type { Context } from '@opentelemetry/api'

/** Tokens of a model call, as the provider billed them. */
export interface InferenceUsage {
  /** All tokens of the prompt, cached ones included. @default none */
  readonly inputTokens?: number | undefined
  /** All tokens of the answer, reasoning included. @default none */
  readonly outputTokens?: number | undefined
  /** The part of `inputTokens` that was read from the provider's cache. @default none */
  readonly cacheReadInputTokens?: number | undefined
  /** The part of `inputTokens` that was written to the provider's cache. @default none */
  readonly cacheWriteInputTokens?: number | undefined
  /** The part of `outputTokens` that the model spent on reasoning. @default none */
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
  /** The requested model. @default none */
  readonly model?: string | undefined
  /** Whether the answer is a stream. @default false */
  readonly isStream?: boolean | undefined
  /** Id of the conversation that the call belongs to. @default none */
  readonly conversationId?: string | undefined
  /** Host of the model server. @default none */
  readonly serverAddress?: string | undefined
  /** Port of the model server. @default none */
  readonly serverPort?: number | undefined
  /** The client that sends the request, such as the product of its `user-agent`; warnings name it. @default none */
  readonly client?: string | undefined
  /** True if another instrumentation has made a span of the call: it is only counted. @default false */
  readonly hasSpan?: boolean | undefined
  /** Milliseconds since 1970. A hook that learns of a call at its end passes it. @default now */
  readonly startedAt?: number | undefined
  /**
   * Returns what is known of a call that is still open when its attempt ends, such as a stream that was broken off. It is counted then, once.
   * @default none: an open call is counted without usage
   */
  readonly known?: (() => InferenceEnd) | undefined
}

/** A model call that has ended, as far as its reporter knows it. */
export interface InferenceEnd {
  readonly operation?: string | undefined
  readonly model?: string | undefined
  /** Value of `gen_ai.provider.name`, such as `openai`. @default '_OTHER' */
  readonly provider?: string | undefined
  /** Whether the answer is a stream. @default false */
  readonly isStream?: boolean | undefined
  /** Id of the conversation that the call belongs to. @default none */
  readonly conversationId?: string | undefined
  /** The provider's id of the response: reports with the same one are one call. @default none */
  readonly responseId?: string | undefined
  /** The model that answered, if the provider states it. @default the requested model */
  readonly responseModel?: string | undefined
  /** Tokens of the call. @default none: the call has no tokens */
  readonly usage?: InferenceUsage | undefined
  /**
   * US dollars, if the provider sent them; they take precedence over a computed price.
   * @default computed from the price of the model
   */
  readonly costUsd?: number | undefined
  /** Why the model stopped, one word for each choice, such as `stop`. @default none */
  readonly finishReasons?: readonly string[] | undefined
  /** Milliseconds since 1970. @default now */
  readonly endedAt?: number | undefined
  /** HTTP status of this try. @default none */
  readonly status?: number | undefined
  /**
   * The response's rate-limit headers, and `retry-after`, `retry-after-ms`, `x-should-retry` and `date` if it failed: many clients drop
   * them from their errors. Names in lower case.
   * @default none
   */
  readonly retryHeaders?: Readonly<Record<string, string>> | undefined
  /** The error of a call that failed. @default none */
  readonly error?: unknown
  /** `error.type`, if `error` does not show it. @default read from `error` */
  readonly errorType?: string | undefined
  /** From the request to the first chunk of a stream. @default none */
  readonly firstChunkSeconds?: number | undefined
  /**
   * One value for each chunk of a stream after the first: seconds from the end of the chunk before it to its own end.
   * @default none
   */
  readonly chunkSeconds?: readonly number[] | undefined
  /**
   * Equal for two HTTP requests with the same address and body. If a body was not sent, it ends with `-`, and is the beginning of that of
   * the same request with its body. A repeat after a failed try of the same attempt is a further try of the same model call.
   */
  readonly requestFingerprint?: string | undefined
  /** True for an answer whose usage a later report brings, such as that of a background response: it is not missing. @default false */
  readonly isPending?: boolean | undefined
  /** Messages under the convention's schema; recorded only while content capture is on. @default none */
  readonly input?: unknown
  /** Messages of the answer, under the same conditions as `input`. @default none */
  readonly output?: unknown
  /** Instructions to the model, under the same conditions as `input`. @default none */
  readonly systemInstructions?: unknown
  /** Tools that the model may call, under the same conditions as `input`. @default none */
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
