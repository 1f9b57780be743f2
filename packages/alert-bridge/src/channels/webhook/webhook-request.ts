import { request as httpRequest, Agent as HttpAgent, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'

import { readStart } from '../post-json.ts'

/** Settings of a request. */
export interface RequestSettings {
  readonly lookup: LookupFunction | undefined
  readonly ca: string | undefined
}

/** Response of an endpoint. */
export interface WebhookAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/** There was no response; `cause` is the reason. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  /** Whether the request was on its way. */
  readonly mayHaveArrived: boolean

  constructor(cause: unknown, mayHaveArrived: boolean) {
    super('no answer', { cause })
    this.mayHaveArrived = mayHaveArrived
  }
}

const maxBytes = 10_000

/**
 * Posts with a connection of its own (fetch has no place for a look-up). Rejects with {@link NoAnswerError}. Node follows no
 * redirects here.
 */
export function webhookRequest(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { lookup, ca }: RequestSettings,
  signal: AbortSignal,
): Promise<WebhookAnswer> {
  const isTls = url.protocol === 'https:'
  const options: RequestOptions & { ca?: string } = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    signal,
    agent: isTls ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
    ...(lookup === undefined ? {} : { lookup }),
    ...(ca === undefined ? {} : { ca }),
  }
  let isConnected = false
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = (isTls ? httpsRequest : httpRequest)(url, options, resolve)
    request.on('socket', (socket) => socket.once(isTls ? 'secureConnect' : 'connect', () => (isConnected = true)))
    request.on('error', reject)
    request.end(body)
  }).then(
    async (response) => {
      const { statusCode: status = 0, headers: answered } = response
      // the status decides; a body that breaks off or never ends changes nothing
      response.on('error', () => {})
      const isTaken = status >= 200 && status < 300
      if (isTaken) response.resume()
      const text = isTaken ? '' : await readStart(response, maxBytes).catch(() => '')
      return { status, retryAfter: answered['retry-after'], text }
    },
    (error: unknown) => {
      throw new NoAnswerError(error, isConnected)
    },
  )
}
