import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'

/** A replacement for Slack's incoming webhook that keeps the posts, or is down. */
export interface SlackSink {
  /** Address for a container. */
  readonly url: string
  /** Bodies of the posts, as JSON text, oldest first. */
  readonly posts: readonly string[]
  /** While true it answers 503, as Slack does in an outage. */
  isDown: boolean
  close(): void
}

/** Opens a server that containers with access to this machine can reach. */
export async function openSlackSink(): Promise<SlackSink> {
  const posts: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      if (sink.isDown) {
        response.writeHead(503).end('service_unavailable')
        return
      }
      if (request.method === 'POST') posts.push(body)
      response.end('ok')
    })
  })
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done))
  const { port } = server.address() as AddressInfo
  const sink: SlackSink = {
    url: `http://${addressOfThisMachine()}:${port}/services/T000/B000/test`,
    posts,
    isDown: false,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return sink
}

/** An address of this machine that is not loopback. */
function addressOfThisMachine(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (found === undefined) throw new Error('this machine has no address but loopback, so containers cannot reach it')
  return found.address
}
