import { gunzipSync } from 'node:zlib'

import { decodeTraces, openHttpServer, type OtlpSpan } from '@swarmwatch/testkit'

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
  /** The spans that arrived as protobuf. */
  spans(): OtlpSpan[]
  /** Forgets what has arrived, so that a further program is judged by what it sends itself. */
  forget(): void
}

export async function otlpSink(): Promise<OtlpSink> {
  const received: Received[] = []
  const server = await openHttpServer(({ path, headers, bytes }, response) => {
    const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('latin1')
    received.push({ path: path.split('?', 1)[0]!, body })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  return {
    url: server.url,
    received,
    bodies: (path) =>
      received
        .filter((request) => request.path.endsWith(path))
        .map(({ body }) => body)
        .join('\n'),
    spans: () =>
      received.filter(({ path }) => path.endsWith('/v1/traces')).flatMap(({ body }) => decodeTraces(Buffer.from(body, 'latin1'))),
    forget: () => void received.splice(0),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
