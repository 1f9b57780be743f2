import type { ChatAnswer } from './chat-answer.ts'

const pieceLength = 24

/** The answer as server-sent events of `chat.completion.chunk`, `data: [DONE]` last; usage comes before it if asked for. */
export function* answerStream(answer: ChatAnswer, includeUsage: boolean): Generator<string> {
  const { id, model, created, text, toolCall, finishReason, usage } = answer
  const event = (choices: unknown[], extra: object = {}): string =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices, ...extra })}\n\n`
  const delta = (part: object, finish: string | null = null): string => event([{ index: 0, delta: part, finish_reason: finish }])

  yield delta({ role: 'assistant' })
  for (const piece of pieces(text ?? '')) yield delta({ content: piece })
  if (toolCall) {
    yield delta({
      tool_calls: [{ index: 0, id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: '' } }],
    })
    for (const piece of pieces(toolCall.arguments)) yield delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
  }
  yield delta({}, finishReason)
  if (includeUsage) yield event([], { usage })
  yield 'data: [DONE]\n\n'
}

function pieces(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / pieceLength) }, (_, n) =>
    text.slice(n * pieceLength, (n + 1) * pieceLength),
  )
}
