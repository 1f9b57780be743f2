import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on this machine that was started and can be stopped. */
export interface LocalServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  /** Stops at once; open connections are cut. */
  close(): Promise<void>
}

/** Serves on 127.0.0.1 only; port 0 takes a free one. Rejects when the port is taken. */
export async function startLocalServer(handle: RequestListener, port = 0): Promise<LocalServer> {
  const server = createServer({ requestTimeout: 10_000 }, handle)
  await listen(server, port)
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
