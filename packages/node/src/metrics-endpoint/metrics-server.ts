import { createServer, type ServerResponse } from 'node:http'

import { hostAndPort, type MetricsSettings } from '@swarmwatch/config'

import { furtherPortsFor, isOneOfSeveral, listenFrom, type ListenOptions, portCure, urlOf } from '../listen-from.ts'
import type { Say } from '../logger.ts'

/** Serves `/metrics`; where it cannot listen it says one line, and the agents go on without. */
export async function openMetricsServer(
  text: () => Promise<string>,
  { host, port }: MetricsSettings,
  { onPortTaken, say }: { onPortTaken?: 'warn' | 'next' | undefined; say: Say },
): Promise<MetricsServer | undefined> {
  try {
    const server = await serveMetrics(text, { host, port, furtherPorts: furtherPortsFor(onPortTaken) })
    if (port !== 0 && server.port !== port) say(`METRICS_PORT ${port} is taken: /metrics is at ${server.url}`)
    else if (port === 0 && isOneOfSeveral()) say(`/metrics of this worker is at ${server.url}`)
    return server
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    const what =
      code === 'EADDRINUSE' ? `METRICS_PORT ${port} is taken on ${host}` : `cannot listen on ${hostAndPort(host, port)} (${code})`
    say(`${what}: /metrics is not served, the agents go on; ${portCure('METRICS')}`)
    return undefined
  }
}

/** `/metrics`, served. */
export interface MetricsServer {
  readonly url: string
  readonly port: number
  /** At once; requests under way are cut. */
  close(): void
}

/** Serves `text()` on `GET /metrics`, and nothing else; never keeps the process alive. Rejects when it cannot listen. */
async function serveMetrics(text: () => Promise<string>, options: ListenOptions): Promise<MetricsServer> {
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
