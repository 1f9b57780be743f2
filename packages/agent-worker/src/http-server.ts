import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { hostAndPort } from '@swarmwatch/config'

/** A running HTTP server. */
export interface HttpServer {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string
  /** Stops the server at once and closes its open connections. */
  readonly close: () => Promise<void>
}

/** Address of a server. */
export interface ListenOptions {
  /** @default 0, a free port */
  readonly port?: number
  /** @default 127.0.0.1 */
  readonly host?: string
}

/** Starts an HTTP server on one address. Rejects with the system's error if the server cannot listen there. */
export async function startHttpServer(
  handle: RequestListener,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 10_000 }, handle)
  // More than the agents ever open, and fewer than the number of files that a process may open
  server.maxConnections = 500
  await listen(server, port, host)
  const { port: boundPort } = server.address() as AddressInfo
  return {
    url: `http://${hostAndPort(host, boundPort)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Without `exclusive`, the workers of a cluster would share the port silently
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** The JSON value of a request's body, or the reason why there is none. */
export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'too-large' | 'not-json' }

/** Reads at most `limitBytes` of a request's body as JSON. Rejects when the connection breaks. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<JsonBody> {
  // The client has announced the size, so the answer need not wait for the body
  if (Number(request.headers['content-length']) > limitBytes) return { ok: false, reason: 'too-large' }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is read and dropped: a client that is still sending would not receive the answer otherwise
    if (size <= limitBytes) chunks.push(chunk)
    else if (size > limitBytes * 10) break
  }
  if (size > limitBytes) return { ok: false, reason: 'too-large' }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown }
  } catch {
    return { ok: false, reason: 'not-json' }
  }
}
