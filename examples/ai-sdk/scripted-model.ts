// Plays the API of OpenAI if OPENAI_API_KEY is not set, so that the example runs without a key.
// It answers the first request with 429, the next with a tool call, and the one with its result with a text.
import { createServer, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'

interface ChatRequest {
  readonly model: string
  readonly messages: readonly { readonly role: string }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

let requests = 0
function answer({ model, messages, tools = [] }: ChatRequest, response: ServerResponse): void {
  requests += 1
  response.setHeader('content-type', 'application/json')
  if (requests === 1) {
    response.statusCode = 429
    response.end('{ "error": { "message": "Rate limit reached", "type": "requests" } }')
    return
  }
  const [tool] = messages.some(({ role }) => role === 'tool') ? [] : tools
  const call = { id: 'call_1', type: 'function', function: { name: tool?.function.name, arguments: '{ "place": "Bern" }' } }
  const message = tool
    ? { role: 'assistant', content: null, tool_calls: [call] }
    : { role: 'assistant', content: 'It is sunny in Bern.' }
  const choices = [{ index: 0, message, finish_reason: tool ? 'tool_calls' : 'stop' }]
  const usage = { prompt_tokens: 120, completion_tokens: 16, total_tokens: 136 }
  response.end(JSON.stringify({ id: `answer-${requests}`, object: 'chat.completion', created: 0, model, choices, usage }))
}

if (!process.env.OPENAI_API_KEY) {
  const server = createServer((request, response) => {
    void json(request).then((body) => answer(body as ChatRequest, response))
  })
  const port = await new Promise<number>((listening) => {
    server.listen(0, '127.0.0.1', () => listening((server.address() as { port: number }).port))
  })
  // The program ends although the server listens
  server.unref()
  process.env.OPENAI_API_KEY = 'scripted'
  process.env.OPENAI_BASE_URL = `http://127.0.0.1:${port}/v1`
}
