/** A request with a JSON body. */
export interface JsonRequest {
  readonly url: string
  /** Bearer token. @default none */
  readonly token?: string
  readonly body: unknown
}

/** The response, whatever its status and body are. */
export interface JsonAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
  /** The body if it is a JSON object, otherwise empty. */
  readonly json: Readonly<Record<string, unknown>>
}

/** Large enough for a page of Slack's history. */
const maxAnswerBytes = 2_000_000

/** Posts JSON and reads the response; rejects only when there is none. Redirects are returned, not followed. */
export async function postJson(request: JsonRequest, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<JsonAnswer> {
  const response = await fetch(request.url, {
    method: 'POST',
    redirect: 'manual',
    signal,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      // a kept connection that the provider has closed would look like a message that may have arrived
      connection: 'close',
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
    },
    body: JSON.stringify(request.body),
  })
  const text = await answerText(response.body ?? [])
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text, json: jsonObject(text) }
}

/**
 * Reads the body of a response, also if its end never comes (a wrong content-length, a connection that stays open): a complete answer
 * must not lead to a second request, which would post the message twice.
 */
async function answerText(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  async function* kept(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      chunks.push(chunk)
      yield chunk
    }
  }
  try {
    return await readStart(kept(), maxAnswerBytes)
  } catch (error) {
    const text = Buffer.concat(chunks).toString('utf8')
    if (text.trim() === 'ok' || Object.keys(jsonObject(text)).length > 0) return text
    throw error
  }
}

function jsonObject(text: string): JsonAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as JsonAnswer['json']) : {}
  } catch {
    return {}
  }
}

/** Reads the first `maxBytes` bytes of a body as text and does not wait for the rest. */
export async function readStart(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= maxBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}
