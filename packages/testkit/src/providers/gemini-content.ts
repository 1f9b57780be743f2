import { type Answer, type Protocol, sse } from './protocol.ts'
import type { BilledTokens } from './reply.ts'

/** Gemini's `generateContent` and `streamGenerateContent`. Its `candidatesTokenCount` excludes the reasoning. */
export const geminiContent: Protocol = {
  name: 'gemini-content',
  path: /:(?:generate|streamGenerate)Content(?:\?|$)/,
  idPrefix: 'gemini-',
  isStream: (path) => path.includes(':streamGenerateContent'),
  model: (path) => /\/models\/([^:/]+):/.exec(path)?.[1] ?? '',
  body: (answer) => contentOf(answer, partsOf(answer), { isLast: true }),
  *events(answer) {
    const { bill, isUsageOmitted } = answer
    const parts = [...answer.texts.map((text) => ({ text })), ...callsOf(answer)]
    const known = { ...bill, outputTokens: 0, reasoningOutputTokens: 0 }
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1
      yield {
        text: sse(contentOf(answer, [part], { isLast })),
        isContent: true,
        ...(!isUsageOmitted && { bill: isLast ? bill : known }),
      }
    }
  },
  errorEvent: () => sse(googleError(503)),
  errorBody: googleError,
}

function googleError(code: number) {
  const names: Record<number, string> = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    429: 'RESOURCE_EXHAUSTED',
    503: 'UNAVAILABLE',
  }
  return { error: { code, message: `scripted status ${code}`, status: names[code] ?? 'INTERNAL' } }
}

function partsOf(answer: Answer) {
  const { texts } = answer
  return [...(texts.length > 0 ? [{ text: texts.join('') }] : []), ...callsOf(answer)]
}

const callsOf = ({ toolCalls }: Answer) => toolCalls.map(({ name, input: args }) => ({ functionCall: { name, args } }))

function contentOf({ responseId, model, bill, isUsageOmitted }: Answer, parts: unknown[], { isLast }: { isLast: boolean }) {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(isLast && { finishReason: 'STOP' }) }],
    ...(!isUsageOmitted && { usageMetadata: isLast ? usageOf(bill) : inputOf(bill) }),
    modelVersion: model,
    responseId,
  }
}

const inputOf = ({ inputTokens, cacheReadInputTokens }: BilledTokens) => ({
  promptTokenCount: inputTokens,
  cachedContentTokenCount: cacheReadInputTokens,
  totalTokenCount: inputTokens,
})

const usageOf = (bill: BilledTokens) => ({
  ...inputOf(bill),
  candidatesTokenCount: bill.outputTokens - bill.reasoningOutputTokens,
  thoughtsTokenCount: bill.reasoningOutputTokens,
  totalTokenCount: bill.inputTokens + bill.outputTokens,
})
