import { once } from 'node:events'
import { createServer } from 'node:http'

import { getRequestListener, type HttpBindings } from '@hono/node-server'

import { type ListenOptions, listenFrom } from '../listen-from.ts'
import { StatusPageError } from './status-page-error.ts'

/** A server that listens. */
export interface ListeningServer {
  readonly port: number
  /** Cuts every connection. */
  close(): Promise<void>
}

/** Answers HTTP with `fetch`, without keeping the process alive. Rejects with {@link StatusPageError}. */
export async function listen(
  fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>,
  options: ListenOptions,
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
  const port = await listenFrom(server, options).catch((cause: unknown) => {
    throw new StatusPageError(cause, options)
  })
  server.unref()
  return {
    port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
