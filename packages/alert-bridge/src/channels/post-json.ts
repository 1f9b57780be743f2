/** One request to Slack. */
export interface SlackRequest {
  readonly url: string
  readonly token?: string
  readonly body: unknown
}

/** What came back, whatever it was. */
export interface SlackAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
  /** The body where it is a JSON object, else empty. */
  readonly json: Readonly<Record<string, unknown>>
}

/** Large enough for a page of history. */
const mostBytes = 2_000_000

/** Posts JSON and reads the answer; rejects only when there is none. Redirects are not followed but answered as they are. */
export async function slackRequest(
  request: SlackRequest,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<SlackAnswer> {
  const response = await fetch(request.url, {
    method: 'POST',
    redirect: 'manual',
    signal,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      // a kept connection that Slack closed meanwhile would look like a message that may have arrived
      connection: 'close',
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
    },
    body: JSON.stringify(request.body),
  })
  const text = await answerText(response.body ?? [])
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text, json: jsonObject(text) }
}

/**
 * The body of an answer, also where its end never comes (a wrong content-length, a connection that stays open): what is complete by
 * itself need not be asked for again, which would post the message twice.
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
    return await readStart(kept(), mostBytes)
  } catch (error) {
    const text = Buffer.concat(chunks).toString('utf8')
    if (text.trim() === 'ok' || Object.keys(jsonObject(text)).length > 0) return text
    throw error
  }
}

function jsonObject(text: string): SlackAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as SlackAnswer['json']) : {}
  } catch {
    return {}
  }
}

/** The first `most` bytes of an answer as text; the rest is not waited for. */
export async function readStart(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return Buffer.concat(chunks).subarray(0, most).toString('utf8')
}
