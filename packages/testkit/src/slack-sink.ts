import { networkInterfaces } from 'node:os'

import { openHttpServer } from './http-server.ts'

/** A replacement for Slack's incoming webhook that keeps the posts, or is down. */
export interface SlackSink {
  /** Address for a container. */
  readonly url: string
  /** Bodies of the accepted posts, as JSON text, oldest first. */
  readonly posts: readonly string[]
  /** While true it answers 503, as Slack does in an outage. */
  isDown: boolean
  close(): Promise<void>
}

/** Opens a server that containers with access to this machine can reach. */
export async function openSlackSink(): Promise<SlackSink> {
  const posts: string[] = []
  const server = await openHttpServer(
    ({ method, body }, response) => {
      if (sink.isDown) {
        response.writeHead(503).end('service_unavailable')
        return
      }
      if (method === 'POST') posts.push(body)
      response.end('ok')
    },
    { host: '0.0.0.0' },
  )
  const url = `http://${addressOfThisMachine()}:${server.port}/services/T000/B000/test`
  const sink: SlackSink = { url, posts, isDown: false, close: () => server.close() }
  return sink
}

/** Returns an address of this machine that is not loopback. */
function addressOfThisMachine(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (found === undefined) throw new Error('this machine has no address but loopback, so containers cannot reach it')
  return found.address
}
