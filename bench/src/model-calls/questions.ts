/** A library that reports the model calls of the client `openai`; `none` is the client alone. */
export type Library = 'none' | 'swarmwatch' | 'openllmetry' | 'openinference' | 'sentry'

/** A call of one answer, one of a hundred chunks, and a request that calls no model. */
export type Kind = 'json' | 'stream' | 'unrelated'

/** Calls of one kind; answered with the CPU microseconds of each. */
export interface ModelCallsQuestion {
  readonly kind: Kind
  readonly calls: number
}
