import { emptyAnswer, refusal, truncated } from '@swarmwatch/sdk'
import { openHttpServer } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { installFrameworks } from './install-packages.ts'

type Kind = 'answer' | 'empty' | 'cut' | 'refused'
const kinds: readonly Kind[] = ['answer', 'empty', 'cut', 'refused']
const whyNot = await installFrameworks()

/** An answer of this kind, in the format of the provider whose path was called. */
function answerOf(path: string, kind: Kind): object {
  const text = kind === 'answer' ? 'Paris' : kind === 'cut' ? 'Par' : ''
  const pick = (...reasons: string[]): string => reasons[kinds.indexOf(kind)]!
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, input_tokens: 1, output_tokens: 1 }
  if (path.includes('/chat/completions')) {
    const message = { role: 'assistant', content: text, refusal: null }
    const choices = [{ index: 0, message, finish_reason: pick('stop', 'stop', 'length', 'content_filter') }]
    return { id: 'c', object: 'chat.completion', created: 1, model: 'm', usage, choices }
  }
  if (path.includes('/responses')) {
    const part = kind === 'refused' ? { type: 'refusal', refusal: 'no' } : { type: 'output_text', text, annotations: [] }
    const output = kind === 'empty' ? [] : [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [part] }]
    const incomplete_details = kind === 'cut' ? { reason: 'max_output_tokens' } : null
    return { id: 'r', object: 'response', created_at: 1, model: 'm', usage, status: 'completed', incomplete_details, output }
  }
  if (path.includes('/messages')) {
    const content = text === '' ? [] : [{ type: 'text', text }]
    const stop_reason = pick('end_turn', 'end_turn', 'max_tokens', 'refusal')
    return { id: 'm', type: 'message', role: 'assistant', model: 'm', usage, content, stop_reason, stop_sequence: null }
  }
  const content = { role: 'model', parts: text === '' ? [] : [{ text }] }
  return { candidates: [{ content, finishReason: pick('STOP', 'STOP', 'MAX_TOKENS', 'SAFETY') }] }
}

const frameworks =
  whyNot === undefined ? ((await import(new URL('frameworks/results.mjs', import.meta.url).href)) as Results) : undefined
interface Results {
  resultsOf(url: string): Readonly<Record<string, () => Promise<unknown>>>
}

describe.skipIf(frameworks === undefined)('the ready-made checks', () => {
  test.each(Object.keys(frameworks?.resultsOf('http://127.0.0.1') ?? {}))('read the results of %s', async (name) => {
    const seen: unknown[] = []
    for (const kind of kinds) {
      await using server = await openHttpServer(({ path }, response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answerOf(path, kind)))
      })
      const result = await frameworks!.resultsOf(server.url)[name]!()
        // OpenAI Agents throws an error of its own for a refusal
        .catch((error: Error) =>
          error.name === 'ModelRefusalError' ? { stop_reason: 'refusal', content: '' } : Promise.reject(error),
        )
      seen.push(
        [refusal, truncated, emptyAnswer].map((check) => (check(result) === false ? '' : check(result).toString())).find(Boolean),
      )
    }
    expect(seen).toEqual([
      undefined,
      'ResultRejectedError: the answer is empty',
      'ResultRejectedError: the token limit cut the answer',
      'ResultRejectedError: the model refused to answer',
    ])
  })
})
