import { readStart } from '../read-start.ts'

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
  const text = await readStart(response.body ?? [], mostBytes)
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text, json: jsonObject(text) }
}

function jsonObject(text: string): SlackAnswer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as SlackAnswer['json']) : {}
  } catch {
    return {}
  }
}
