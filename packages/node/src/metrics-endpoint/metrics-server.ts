import type { IncomingMessage, ServerResponse } from 'node:http'

import type { MetricsSettings } from '@swarmwatch/config'
import { localUrl, serve } from '@swarmwatch/config/listen'

import type { Warn } from '../logger.ts'
import { furtherPortsFor, isOneOfSeveral, notServedLine } from '../port-options.ts'

/** A server of `/metrics`. */
export interface MetricsServer {
  readonly url: string
  /** Ends it at once; requests under way are cut. */
  close(): Promise<void>
}

/**
 * Serves `text()` on `GET /metrics`, and nothing else; never keeps the process alive. When it cannot listen, it prints one line and
 * returns nothing, so that the agents continue without it.
 */
export async function openMetricsServer(
  text: () => Promise<string>,
  { host, port }: MetricsSettings,
  { onPortTaken, warn }: { onPortTaken?: 'warn' | 'next' | undefined; warn: Warn },
): Promise<MetricsServer | undefined> {
  try {
    const server = await serve((request, response) => void answer(request, response, text), {
      host,
      port,
      furtherPorts: furtherPortsFor(onPortTaken),
      setting: 'METRICS',
      maxConnections: 100,
      keepsProcessAlive: false,
    })
    const url = `${localUrl(host, server.port)}metrics`
    if (port !== 0 && server.port !== port) warn(`METRICS_PORT ${port} is taken: /metrics is at ${url}`)
    else if (port === 0 && isOneOfSeveral()) warn(`/metrics of this worker is at ${url}`)
    return { url, close: () => server.close() }
  } catch (error) {
    warn(notServedLine(error, '/metrics is not served, the agents continue', 'METRICS'))
    return undefined
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, text: () => Promise<string>): Promise<void> {
  // The doctor reads it to recognize us on a taken port
  response.setHeader('server', 'swarmwatch')
  const path = (request.url ?? '').split('?', 1)[0]
  if (path !== '/metrics') return refuse(response, 404, 'Not found: metrics are at /metrics')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET and HEAD', { allow: 'GET, HEAD' })
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
