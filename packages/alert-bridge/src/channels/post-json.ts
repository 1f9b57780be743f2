import { parseJson } from '../parse-json.ts'

/** A request with a JSON body. */
export interface JsonRequest {
  readonly url: string
  /** Bearer token. @default none */
  readonly token?: string
  /** @default 'POST' */
  readonly method?: 'POST' | 'PATCH'
  readonly body: unknown
}

/** A request with the fields of a form. */
export interface FormRequest {
  readonly url: string
  /** User name and password, or a bearer token. */
  readonly login: Login | { readonly token: string }
  readonly fields: Readonly<Record<string, string>>
}

/** A request whose body is a file. */
export interface FileRequest {
  readonly url: string
  readonly file: Uint8Array
  readonly contentType: string
}

/** User name and password of basic authentication. */
export interface Login {
  readonly user: string
  readonly password: string
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
export function postJson(request: JsonRequest, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<JsonAnswer> {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
  }
  const { url, method = 'POST', body } = request
  return answerTo(url, { method, headers, body: JSON.stringify(body) }, fetch, signal)
}

/** The same as {@link postJson} for a form; the response is JSON, too. */
export function postForm(request: FormRequest, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<JsonAnswer> {
  const { url, login, fields } = request
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: 'token' in login ? `Bearer ${login.token}` : `Basic ${basicCredentials(login)}`,
  }
  return answerTo(url, { method: 'POST', headers, body: new URLSearchParams(fields).toString() }, fetch, signal)
}

/** Posts a file, without any login. */
export function postFile(request: FileRequest, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<JsonAnswer> {
  const { url, file, contentType } = request
  return answerTo(url, { method: 'POST', headers: { 'content-type': contentType }, body: Buffer.from(file) }, fetch, signal)
}

/** User name and password as a header has them: as secret as the password. */
export function basicCredentials({ user, password }: Login): string {
  return Buffer.from(`${user}:${password}`).toString('base64')
}

interface SentRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer<ArrayBuffer>
}

async function answerTo(
  url: string,
  { method, headers, body }: SentRequest,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<JsonAnswer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal,
    // a kept connection that the provider has closed would look like a message that may have arrived
    headers: { ...headers, connection: 'close' },
    body,
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
  const value = parseJson(text)
  return typeof value === 'object' && value !== null ? (value as JsonAnswer['json']) : {}
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
