import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface MetricsServer {
  readonly url: string
  /** At once; requests under way are cut. */
  close(): void
}

export interface MetricsServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** How many ports after `port` are tried when it is taken. @default 0 */
  readonly furtherPorts?: number
}

/** Serves `text()` on `GET /metrics`, and nothing else; never keeps the process alive. Rejects when it cannot listen. */
export async function serveMetrics(
  text: () => Promise<string>,
  { host, port, furtherPorts = 0 }: MetricsServerOptions,
): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 20_000 },
    (request, response) => {
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
  await listen(server, host, port, port === 0 ? 0 : furtherPorts)
  server.unref()
  return {
    url: `http://${nameOf(host)}:${(server.address() as AddressInfo).port}/metrics`,
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

async function listen(server: Server, host: string, port: number, furtherPorts: number): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken || furtherPorts === 0 || port === 65_535) throw error
    await listen(server, host, port + 1, furtherPorts - 1)
  }
}

/** An address a reader on this machine can open. */
function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
