import type { IncomingMessage } from 'node:http'

/** What a request's body was: JSON, too much of it, or no JSON at all. */
export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'too-large' | 'not-json' }

/** Reads at most `limitBytes` of a request's body as JSON. Rejects when the connection breaks. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<JsonBody> {
  // Said before it is sent: the answer must not wait for it
  if (Number(request.headers['content-length']) > limitBytes) return { ok: false, reason: 'too-large' }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is read and dropped, so that the answer still reaches a client that is busy sending
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
