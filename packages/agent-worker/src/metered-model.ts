import type { CurrentExecution } from '@swarmwatch/sdk'
import { type LanguageModelMiddleware, wrapLanguageModel } from 'ai'

import type { TokenUse } from './prices.ts'
import type { TokenMeter } from './token-meter.ts'

/** A chat model of the AI SDK. */
export type ChatModel = ReturnType<typeof wrapLanguageModel>

type Usage = Awaited<ReturnType<ChatModel['doGenerate']>>['usage']
type StreamPart = Awaited<ReturnType<ChatModel['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never

/**
 * The same model, whose every answer counts to `execution` as soon as its usage is known. So the answers of an attempt that fails
 * later are counted too, which the result of `generateText` could not tell: there is none.
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
