import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Protobuf; names and texts are contained unchanged. */
  readonly body: string
}

export interface TestCollector extends AsyncDisposable {
  readonly url: string
  readonly received: Received[]
  /** From now on it answers like this. */
  answerWith(how: Answer): void
  close(): Promise<void>
}

/** A status, or no answer at all. */
export type Answer = number | 'silence'

/** Listens over real HTTP and keeps what it gets. */
export async function testCollector(answer: Answer = 200): Promise<TestCollector> {
  let how = answer
  const received: Received[] = []
  const onRequest: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('latin1') })
      if (how !== 'silence') response.writeHead(how).end()
    })
  }
  const server = createServer(onRequest)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answerWith(next) {
      how = next
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** An address on which nothing listens. */
export async function deadAddress(): Promise<string> {
  const collector = await testCollector()
  await collector.close()
  return collector.url
}
