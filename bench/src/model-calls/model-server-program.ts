import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { answerQuestions } from '../own-process.ts'

// A process of its own: a model server that answers at once, so that a client's time is its own

/** Chunks of a streamed answer. */
const chunks = 100

let answers = 0
const server = createServer((request, response) => {
  let body = ''
  request
    .setEncoding('utf8')
    .on('data', (text: string) => (body += text))
    .on('end', () => {
      const id = `chatcmpl-${(answers += 1)}`
      if (!request.url!.endsWith('/chat/completions')) response.end('{"ok":true}')
      else if ((JSON.parse(body) as { stream?: boolean }).stream) {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(streamed(id))
      } else {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(completion(id))
      }
    })
})

const usage = { prompt_tokens: 900, completion_tokens: chunks, total_tokens: 1000, prompt_tokens_details: { cached_tokens: 512 } }
const model = 'gpt-5-2026-01-01'

function completion(id: string): string {
  const message = { role: 'assistant', content: 'A sentence of the answer.\n'.repeat(80) }
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  })
}

function streamed(id: string): string {
  const event = (choices: object[], more: object = {}): string =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model, choices, ...more })}\n\n`
  const deltas = Array.from({ length: chunks }, () => event([{ index: 0, delta: { content: ' word' }, finish_reason: null }]))
  return `${deltas.join('')}${event([{ index: 0, delta: {}, finish_reason: 'stop' }])}${event([], { usage })}data: [DONE]\n\n`
}

answerQuestions<'port', number>(async () => {
  if (!server.listening) await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
})
