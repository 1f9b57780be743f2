import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { StatusPageError } from './status-page-error.ts'

export interface ListeningServer {
  readonly port: number
  /** Cuts every connection. */
  close(): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** How many ports after `port` are tried when it is taken. */
  readonly furtherPorts: number
}

/** Answers HTTP with `fetch`, without keeping the process alive. Rejects with {@link StatusPageError}. */
export async function listen(
  fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>,
  { host, port, furtherPorts }: ListenOptions,
): Promise<ListeningServer> {
  // The process belongs to somebody else: its global Request and Response stay as they are
  const answer = getRequestListener((request, env) => fetch(request, env as HttpBindings), { overrideGlobalObjects: false })
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 20_000, maxHeaderSize: 16_384 },
    (request, response) => void answer(request, response),
  )
  server.maxConnections = 200
  server.on('connection', (socket) => socket.unref())
  // a client that resets its connection is its own affair
  server.on('clientError', (_error, socket) => socket.destroy())
  await listenFrom(server, host, port, port === 0 ? 0 : furtherPorts)
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listenFrom(server: Server, host: string, port: number, furtherPorts: number): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const error = new StatusPageError(cause, { host, port })
    if (error.reason !== 'port-taken' || furtherPorts === 0 || port === 65_535) throw error
    await listenFrom(server, host, port + 1, furtherPorts - 1)
  }
}
