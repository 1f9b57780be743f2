import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { hostAndPort } from '@swarmwatch/config'

/** A server that was started and can be stopped. */
export interface HttpServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  /** Stops at once; open connections are cut. */
  readonly close: () => Promise<void>
}

/** Where a server listens. */
export interface ListenOptions {
  /** @default 0, a free one */
  readonly port?: number
  /** @default 127.0.0.1 */
  readonly host?: string
}

/** Serves on one address. Rejects with what the system says when it cannot be had. */
export async function startHttpServer(
  handle: RequestListener,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 10_000 }, handle)
  // More than the agents ever open, fewer than the files a process may
  server.maxConnections = 500
  await listen(server, port, host)
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${hostAndPort(host, taken)}`,
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
    // Workers of a cluster would share the port without a word
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
