import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { CurrentExecution } from '@swarmwatch/sdk'
import { type LanguageModelMiddleware, wrapLanguageModel } from 'ai'

import { costUsd, type PriceTable, type TokenUse } from './prices.ts'

/** A chat model of the AI SDK. */
export type ChatModel = ReturnType<typeof wrapLanguageModel>

/** Address, key and name of the model that the agents use. */
export interface ChatModelSettings {
  /** The part of the address before `/chat/completions`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly model: string
}

/** Returns a model behind OpenAI's chat completions API, scripted or real. Its streams report their token usage. */
export function chatModel({ baseUrl, apiKey, model }: ChatModelSettings): ChatModel {
  return createOpenAICompatible({ name: 'swarm', baseURL: baseUrl, apiKey, includeUsage: true })(model)
}

/** Adds the tokens of one answer, and their cost, to an execution. */
export type TokenMeter = (execution: CurrentExecution | undefined, model: string, use: TokenUse) => void

/** Returns a meter for these prices. It counts the tokens of a model without a price, but not their cost, and calls `warn` once for each such model. */
export function tokenMeter(prices: PriceTable, warn: (line: string) => void): TokenMeter {
  const warned = new Set<string>()
  return (execution, model, use) => {
    execution?.addTokens({ input: use.input, output: use.output, model })
    const cost = costUsd(prices, model, use)
    if (cost !== undefined) return execution?.addCost(cost, { model })
    if (warned.has(model)) return
    warned.add(model)
    warn(
      `[COST] no price for model ${model}: its tokens are counted, its cost is not; add it to packages/agent-worker/prices.json`,
    )
  }
}

type Usage = Awaited<ReturnType<ChatModel['doGenerate']>>['usage']
type StreamPart = Awaited<ReturnType<ChatModel['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never

/**
 * Returns the same model, which adds each answer to `execution` as soon as its usage is known. This also counts the answers of an
 * attempt that fails later: such an attempt has no result of `generateText` from which the usage could be read.
 */
export function meteredModel(model: ChatModel, execution: CurrentExecution | undefined, meter: TokenMeter): ChatModel {
  const count = (usage: Usage): void => meter(execution, model.modelId, tokensOf(usage))
  const middleware: LanguageModelMiddleware = {
    async wrapGenerate({ doGenerate }) {
      const result = await doGenerate()
      count(result.usage)
      return result
    },
    async wrapStream({ doStream }) {
      const result = await doStream()
      const counted = new TransformStream<StreamPart, StreamPart>({
        transform(part, controller) {
          if (part.type === 'finish') count(part.usage)
          controller.enqueue(part)
        },
      })
      return { ...result, stream: result.stream.pipeThrough(counted) }
    },
  }
  return wrapLanguageModel({ model, middleware })
}

function tokensOf({ inputTokens, outputTokens }: Usage): TokenUse {
  return { input: inputTokens.total ?? 0, cachedInput: inputTokens.cacheRead ?? 0, output: outputTokens.total ?? 0 }
}
