import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { HostileCase } from './isolation-case.ts'

/** A response of a model server, and what the agent must observe of it. */
interface Exchange {
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces of the body. The server sends each one when the agent has received the one before. */
  readonly pieces: readonly (string | Buffer)[]
  /** Breaks the connection after the last piece. */
  readonly isCut?: boolean
  /** Aborts the request after the last piece, with this reason. */
  readonly abortsWith?: () => unknown
  /** Is sent in addition to the usual headers and body. */
  readonly body?: string
}

const stream = { 'content-type': 'text/event-stream' }
const json = { 'content-type': 'application/json' }
const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const completion = JSON.stringify({
  id: 'isolation-1',
  model: 'model',
  choices: [{ index: 0, message: { content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2 },
})
const megabyte = Buffer.alloc(1024 * 1024, 'x')

const exchanges: Readonly<Record<string, Exchange>> = {
  'answers with JSON': { headers: json, pieces: [completion] },
  'answers with a stream': {
    headers: stream,
    pieces: [1, 2, 3].map((at) => event({ id: 'isolation-2', choices: [{ index: 0, delta: { content: String(at) } }] })),
  },
  'sends one byte at a time': { headers: stream, pieces: event({ usage: { prompt_tokens: 1 } }).split('') },
  'sends malformed JSON': { headers: json, pieces: ['{"usage": {"prompt_tokens": 1e', '999, "choices": [[[}', '\0\\"'] },
  'sends control characters as values': { headers: json, pieces: ['{"id":\0,"usage":{"prompt_tokens":\x01}}', '{"model":\x1f'] },
  'sends malformed events': {
    headers: stream,
    pieces: [
      event('{"choices": [{'),
      'data\n\ndata:data:\r\r\n: \u2028\n',
      event('{"usage": "\\ud800'),
      event('[DONE]'),
      event('{'),
    ],
  },
  'sends numbers and names that no one expects': {
    headers: json,
    pieces: [
      JSON.stringify({
        id: ['x'],
        model: { toString: 1 },
        choices: { index: -1, finish_reason: 7 },
        usage: { prompt_tokens: -5, completion_tokens: '9', cost: 'free', __proto__: 1, constructor: { prototype: 2 } },
      }),
      '{"id":"',
      'x'.repeat(100_000),
      '","usage":{"prompt_tokens":1e400}}',
    ],
  },
  'nests 100,000 levels': { headers: json, pieces: ['[{"choices":'.repeat(100_000), '}]'.repeat(100_000)] },
  'announces gzip and sends none': { headers: { ...json, 'content-encoding': 'gzip' }, pieces: [completion] },
  'announces three encodings that do not exist': { headers: { ...json, 'content-encoding': 'a, b , ,c' }, pieces: [completion] },
  'breaks the connection': { headers: stream, pieces: [event({ id: 'isolation-3' }), 'data: {"us'], isCut: true },
  'sends 100 MB': { headers: json, pieces: ['{"choices":["', ...Array.from({ length: 100 }, () => megabyte), '"]}'] },
  'receives a body that is no JSON': { headers: json, pieces: [completion], body: '{"model": "\0' },
}

const aborts: Readonly<Record<string, Exchange>> = {
  'with a symbol': {
    headers: stream,
    pieces: [event({ id: 'isolation-4' })],
    abortsWith: () => Symbol('left'),
  },
  'with undefined': { headers: stream, pieces: [event({ id: 'isolation-5' })], abortsWith: () => undefined },
}

/**
 * Requests of an agent to a model server that misbehaves: the agent must receive the same bytes, in the same pieces' order and each one
 * before the server sends the next, or the same error, as without the library.
 */
export const httpCases: readonly HostileCase[] = [
  ...Object.entries(exchanges).map(([does, exchange]) => httpCase(`a model server ${does}`, exchange)),
  ...Object.entries(aborts).map(([how, exchange]) => httpCase(`an agent aborts its model call ${how}`, exchange)),
]

function httpCase(name: string, exchange: Exchange): HostileCase {
  return {
    name,
    surface: 'http',
    // 100 MB take long on a busy machine
    timeoutMs: 60_000,
    prepare: () => ({
      returned: async (value) => {
        const fault = await faultOf(exchange)
        if (fault !== undefined) throw new Error(fault)
        return value
      },
    }),
  }
}

/** Sends a request as clients of models do, and compares what arrives. */
async function faultOf(exchange: Exchange): Promise<string | undefined> {
  const { pieces, isCut = false, abortsWith, headers = {}, body } = exchange
  const received = new Received()
  const sent = Buffer.concat(pieces.map((piece) => Buffer.from(piece)))
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, headers)
      void send(response, exchange, received)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  try {
    const controller = new AbortController()
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
      body:
        body ?? JSON.stringify({ model: 'model', stream: headers === stream, messages: [{ role: 'user', content: 'hello' }] }),
      signal: controller.signal,
    })
    const read = readAll(response, received, () => {
      if (abortsWith && received.length === sent.length) controller.abort(abortsWith())
    })
    const isFailed = await read.then(
      () => false,
      () => true,
    )
    const mustFail = isCut || abortsWith !== undefined || headers['content-encoding'] === 'gzip'
    if (isFailed !== mustFail) return isFailed ? 'the response failed' : 'the response did not fail'
    if (headers['content-encoding'] === 'gzip') return undefined
    return Buffer.concat(received.chunks).equals(sent) ? undefined : 'other bytes arrived'
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function readAll(response: Response, received: Received, onChunk: () => void): Promise<void> {
  for await (const chunk of response.body!) {
    received.add(chunk)
    onChunk()
  }
}

async function send(
  response: ServerResponse,
  { pieces, isCut, abortsWith, headers }: Exchange,
  received: Received,
): Promise<void> {
  let length = 0
  for (const piece of pieces) {
    const bytes = Buffer.from(piece)
    response.write(bytes)
    length += bytes.length
    // Nothing of a broken encoding arrives
    if (headers?.['content-encoding'] !== 'gzip') await received.reached(length)
  }
  if (isCut) response.destroy()
  else if (!abortsWith) response.end()
}

/** The bytes that the agent has read. */
class Received {
  readonly chunks: Uint8Array[] = []
  length = 0
  #waiting: { readonly length: number; readonly resolve: () => void } | undefined

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    if (this.#waiting && this.length >= this.#waiting.length) this.#waiting.resolve()
  }

  reached(length: number): Promise<void> {
    if (this.length >= length) return Promise.resolve()
    return new Promise((resolve) => (this.#waiting = { length, resolve }))
  }
}
