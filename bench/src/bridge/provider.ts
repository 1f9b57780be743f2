import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The provider at the other end of the channel; it accepts every message immediately. */
export interface Sink {
  readonly port: number
  readonly close: () => void
}

/** @param onTaken receives, just before the answer, the agents that a message is about */
export async function openSink(onTaken: (agents: readonly string[]) => void = () => {}): Promise<Sink> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      onTaken((JSON.parse(body) as { agents: string[] }).agents)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => server.close().closeAllConnections(),
  }
}
