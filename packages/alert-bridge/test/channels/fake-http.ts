import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** A request as it came. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly body: string
  /** The body, or for a form its fields; empty for a picture. */
  readonly json: Record<string, unknown>
}

/** The response of the server to a request; it may break every rule. */
export type Answer = (request: SeenRequest, response: ServerResponse) => void

/** A real HTTP server on a free port that answers as the test requests. */
export interface FakeHttp extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly seen: SeenRequest[]
  /** How the next requests are answered, in turn; the last for ever. */
  answers: Answer[]
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>
}

/** Answers with a status, a body and headers. */
export function answerWith(status: number, body: string | object = '', headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, headers)
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** Takes the request and never answers. */
export const neverAnswers: Answer = () => {}

/** Ends the connection in the middle of the answer. */
export const resetsMidBody: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('o')
  response.socket?.resetAndDestroy()
}

/** Hangs up in the middle of the answer: its start has arrived. */
export const hangsUpMidBody: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('o', () => response.socket?.end())
}

/** Ends the connection without an answer. */
export const resets: Answer = (_, response) => void response.socket?.resetAndDestroy()

/** Answers with one byte a second. */
export const oneByteASecond: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.flushHeaders()
  const timer = setInterval(() => response.write('o'), 1_000)
  response.on('close', () => clearInterval(timer))
}

/** Starts the server; with `tls` it speaks HTTPS. */
export async function fakeHttp(answer: Answer, tls?: { key: string; cert: string }): Promise<FakeHttp> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const fake: { answers: Answer[] } = { answers: [answer] }
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const body = bytes.toString()
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
    const isPicture = request.headers['content-type'] === 'image/png'
    const json: unknown = isForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(isPicture ? '{}' : body)
    const [path, method] = [request.url ?? '', request.method ?? '']
    const one = { method, path, headers: request.headers, bytes, body, json: json as Record<string, unknown> }
    seen.push(one)
    const next = fake.answers.length > 1 ? fake.answers.shift() : fake.answers[0]
    next?.(one, response)
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    listener(request, response).catch(() => response.destroy())
  }
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(fake, {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
