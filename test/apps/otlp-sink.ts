import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A request that arrived. */
export interface Received {
  readonly path: string
  /** As latin1: in protobuf, names and texts are readable. */
  readonly body: string
}

/** An OTLP collector on loopback that keeps everything; Sentry's and Langfuse's servers are played by the same one. */
export interface OtlpSink extends AsyncDisposable {
  readonly url: string
  readonly received: readonly Received[]
  /** Bodies whose path ends in `path`, one after the other. */
  bodies(path: string): string
  /** Forgets what has arrived, so that a further program is judged by what it sends itself. */
  forget(): void
}

export async function otlpSink(): Promise<OtlpSink> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const sent = Buffer.concat(chunks)
      const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString('latin1')
      received.push({ path: (request.url ?? '').split('?', 1)[0]!, body })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    bodies: (path) =>
      received
        .filter((request) => request.path.endsWith(path))
        .map(({ body }) => body)
        .join('\n'),
    forget: () => void received.splice(0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
