import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly method: string
  /** Path with the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  /** The bytes as UTF-8. */
  readonly body: string
  /** In milliseconds since 1970. */
  readonly atMs: number
}

/** Answers a request; one that does nothing leaves the sender without an answer. */
export type Respond = (request: ReceivedRequest, response: ServerResponse) => void

/** A real HTTP server on a free port that keeps all requests. */
export interface HttpServer extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** Answers the next requests; may be replaced at any time. */
  respond: Respond
  /** Closes the server and all its connections. */
  close(): Promise<void>
}

/** Starts a server on 127.0.0.1, or on `host`; `0.0.0.0` lets containers reach it. It answers with status 200 unless `respond` differs. */
export async function openHttpServer(
  respond: Respond = (_, response) => void response.end(),
  { host = '127.0.0.1' }: { readonly host?: string } = {},
): Promise<HttpServer> {
  const requests: ReceivedRequest[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const { method = '', url = '', headers } = request
    const received = { method, path: url, headers, bytes, body: bytes.toString(), atMs: Date.now() }
    requests.push(received)
    result.respond(received, response)
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  const result: HttpServer = { port, url: `http://127.0.0.1:${port}`, requests, respond, close, [Symbol.asyncDispose]: close }
  return result
}

/**
 * Returns a port of 127.0.0.1 that was free a moment ago, for programs that cannot choose one themselves. Where port 0 works, prefer it:
 * another process may take this port in the meantime.
 */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
