import { createServer, type ServerResponse } from 'node:http'

import { type ListenOptions, listenFrom, urlOf } from '../listen-from.ts'

/** `/metrics`, served. */
export interface MetricsServer {
  readonly url: string
  readonly port: number
  /** At once; requests under way are cut. */
  close(): void
}

/** Serves `text()` on `GET /metrics`, and nothing else; never keeps the process alive. Rejects when it cannot listen. */
export async function serveMetrics(text: () => Promise<string>, options: ListenOptions): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 20_000 },
    (request, response) => {
      // The doctor asks who answers on the port
      response.setHeader('server', 'swarmwatch')
      const path = (request.url ?? '').split('?', 1)[0]
      if (path !== '/metrics') return refuse(response, 404, 'Not found: metrics are at /metrics')
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return refuse(response, 405, 'Only GET and HEAD', { allow: 'GET, HEAD' })
      void answer(response, text)
    },
  )
  server.maxConnections = 100
  server.on('connection', (socket) => socket.unref())
  // a client that resets its connection is its own affair
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listenFrom(server, options)
  server.unref()
  return {
    url: `${urlOf(options.host, port)}metrics`,
    port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(response: ServerResponse, text: () => Promise<string>): Promise<void> {
  try {
    const body = await text()
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    // Node leaves the body out of an answer to HEAD
    response.end(body)
  } catch {
    refuse(response, 503, 'Metrics cannot be collected now')
  }
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
  response.end(`${text}\n`)
}
