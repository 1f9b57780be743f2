import type { IncomingMessage, RequestListener } from 'node:http'

import { serve } from '@swarmwatch/config/listen'

/** More connections than the agents and the clients of the worker open, and fewer than the number of files that a process may open. */
export const maxConnections = 500

/** A running HTTP server on this machine. */
export interface LocalServer {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string
  /** Stops the server at once and closes its open connections. */
  readonly close: () => Promise<void>
}

/** Starts an HTTP server on a free port of 127.0.0.1. */
export async function startLocalServer(handle: RequestListener): Promise<LocalServer> {
  const { port, close } = await serve(handle, { host: '127.0.0.1', port: 0, setting: 'LOCAL', maxConnections })
  return { url: `http://127.0.0.1:${port}`, close }
}

/** The JSON value of a request's body, or the reason why there is none. */
export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'too-large' | 'not-json' }

/** Reads at most `limitBytes` of a request's body as JSON. Rejects when the connection breaks. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<JsonBody> {
  // The client has announced the size, so the answer need not wait for the body
  if (Number(request.headers['content-length']) > limitBytes) return { ok: false, reason: 'too-large' }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is read and dropped: a client that is still sending would not receive the answer otherwise
    if (size <= limitBytes) chunks.push(chunk)
    else if (size > limitBytes * 10) break
  }
  if (size > limitBytes) return { ok: false, reason: 'too-large' }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown }
  } catch {
    return { ok: false, reason: 'not-json' }
  }
}
