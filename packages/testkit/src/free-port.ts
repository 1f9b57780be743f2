import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/**
 * Returns a port of 127.0.0.1 that was free a moment ago, for programs that cannot choose one themselves. Where port 0 works, prefer it:
 * another process may take this port in the meantime.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
