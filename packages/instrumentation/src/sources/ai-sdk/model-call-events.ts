import type { InferenceEnd, InferenceUsage } from '@swarmwatch/sdk/instrumentation'

import { providerName } from '../provider-names.ts'

/** Properties of an event about the end of a model call; a release may leave out any of them. */
export interface ModelEndEvent {
  readonly provider?: string
  readonly modelId?: string
  readonly responseId?: string
  readonly response?: { readonly id?: string; readonly modelId?: string }
  readonly finishReason?: string
  readonly usage?: Usage
  readonly performance?: { readonly timeToFirstOutputMs?: number }
}

interface Usage {
  readonly inputTokens?: number
  readonly inputTokenDetails?: { readonly cacheReadTokens?: number; readonly cacheWriteTokens?: number }
  readonly outputTokens?: number
  readonly outputTokenDetails?: { readonly reasoningTokens?: number }
  /** Of an embedding. */
  readonly tokens?: number
}

/** Reads what a model call returned. */
export function inferenceEnd(event: ModelEndEvent): InferenceEnd {
  const { responseId = event.response?.id, response, finishReason, usage, performance } = event
  return {
    // The AI SDK makes up an id if the provider sent none
    responseId: responseId !== undefined && /^ai(txt|obj)-/.test(responseId) ? undefined : responseId,
    responseModel: response?.modelId ?? event.modelId,
    finishReasons: finishReason === undefined ? undefined : [finishReason.replaceAll('-', '_')],
    usage: usage && usageOf(usage),
    firstChunkSeconds: performance?.timeToFirstOutputMs === undefined ? undefined : performance.timeToFirstOutputMs / 1000,
  }
}

function usageOf(usage: Usage): InferenceUsage {
  return {
    inputTokens: usage.inputTokens ?? usage.tokens,
    outputTokens: usage.outputTokens,
    cacheReadInputTokens: usage.inputTokenDetails?.cacheReadTokens,
    cacheWriteInputTokens: usage.inputTokenDetails?.cacheWriteTokens,
    reasoningOutputTokens: usage.outputTokenDetails?.reasoningTokens,
  }
}

/** Returns the convention's name for a provider of the AI SDK, such as `openai.chat` or `google.generative-ai`. */
export function providerOf(provider: string | undefined): string | undefined {
  if (provider === undefined) return undefined
  if (provider.startsWith('google.vertex')) return 'gcp.vertex_ai'
  return providerName(provider.split('.')[0]!)
}
