import { beginInference } from './begin-inference.ts'
import type { InferenceEnd, InferenceStart } from './inference.ts'

/** A finished model call that no hook can see, such as one of Bedrock or of a local model. */
export interface Inference
  extends
    Pick<InferenceStart, 'operation' | 'serverAddress' | 'serverPort'>,
    Omit<InferenceEnd, 'requestFingerprint' | 'operation'> {
  /** The requested model. */
  readonly model: string
  /** Duration of the call. The call is taken to end now. @default 0 */
  readonly seconds?: number | undefined
}

/**
 * Records a finished model call: a span, `gen_ai.client.*` metrics, and tokens and cost of the current run, if there is one. A call whose
 * `responseId` was already reported, by this function or by an instrumentation, has no effect.
 *
 * @example
 * recordInference({ model: 'llama-4', provider: 'ollama', usage: { inputTokens: 812, outputTokens: 96 }, seconds: 1.4 })
 */
export function recordInference(inference: Inference): void {
  const { seconds = 0, operation, serverAddress, serverPort, ...end } = inference
  const startedAt = Date.now() - seconds * 1000
  beginInference({ source: 'code', model: inference.model, operation, serverAddress, serverPort, startedAt }).end(end)
}
