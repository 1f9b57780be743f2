import type { IncomingHttpHeaders } from 'node:http'

import { openHttpServer } from '@swarmwatch/testkit'

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

/** Starts a collector that keeps all requests. */
export async function testCollector(answer: Answer = 200): Promise<TestCollector> {
  let how = answer
  const received: Received[] = []
  const server = await openHttpServer(({ path, headers, bytes }, response) => {
    received.push({ path, headers, body: bytes.toString('latin1') })
    if (how !== 'silence') response.writeHead(how).end()
  })
  return {
    url: server.url,
    received,
    answerWith(next) {
      how = next
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** An address on which nothing listens. */
export async function deadAddress(): Promise<string> {
  const collector = await testCollector()
  await collector.close()
  return collector.url
}
