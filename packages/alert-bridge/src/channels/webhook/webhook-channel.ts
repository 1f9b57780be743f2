import { createHmac } from 'node:crypto'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'

import type { Secret, WebhookChannel } from '@swarmwatch/config'

import { type Channel, type ChannelDependencies, type DeliveryResult, systemDependencies } from '../channel.ts'
import { guardedDelivery, hideSecrets, stopSignal, wireId } from '../guarded-delivery.ts'
import { readStart } from '../post-json.ts'
import { connectionFailure, statusFailure } from '../request-failure.ts'
import { guardedLookup, PrivateAddressError } from './private-address.ts'
import { webhookBody } from './webhook-body.ts'
import { webhookHost } from './webhook-host.ts'

/** Settings of the custom webhook. */
export interface WebhookChannelSettings extends WebhookChannel {
  /** PEM of the authority that signed the server's certificate. @default those Node.js trusts */
  readonly ca?: string
  /** Most time for one request. @default 20_000 */
  readonly timeoutMs?: number
}

/** Posts signed JSON to one address. */
export function openWebhookChannel(settings: WebhookChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { now, lookup, fetch, proxyFor } = { ...systemDependencies, ...dependencies }
  const { name, timeoutMs = 20_000 } = settings
  const { url, mayBePrivate, isRefused } = webhookHost(settings)
  const keys = [settings.secret, ...(settings.secrets ?? [])].filter((key) => key !== undefined)
  const settled = { lookup: mayBePrivate ? lookup : guardedLookup(lookup), ca: settings.ca }
  const stopped = stopSignal()
  const recipients = [name]
  return {
    name,
    recipients,
    concurrency: 4,
    deliver: guardedDelivery(recipients, hideSecrets([settings.url, ...keys]), async (delivery, signal) => {
      const id = wireId(delivery.id)
      const body = JSON.stringify(webhookBody(delivery.notice, id))
      const timestamp = Math.floor(now().getTime() / 1_000)
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'swarmwatch-alert-bridge',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        ...(keys.length === 0 ? {} : { 'webhook-signature': signWebhook({ id, timestamp, body }, keys) }),
      }
      // an address in the place of a name is connected to without a look-up
      if (isRefused) return privateAddress(new PrivateAddressError())
      try {
        const during = stopped.during(signal, timeoutMs)
        const answer =
          proxyFor(url) === undefined
            ? await webhookRequest(url, headers, body, settled, during)
            : await proxiedRequest(url, headers, body, fetch, during)
        return answer.status >= 200 && answer.status < 300 ? { kind: 'delivered' } : statusFailure(answer, now())
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error
        return error.cause instanceof PrivateAddressError
          ? privateAddress(error.cause)
          : connectionFailure(error.cause, error.mayHaveArrived)
      }
    }),
    close: async () => stopped.stop(),
  }
}

/** The proxy resolves the name, so the addresses that it connects to are its decision. */
async function proxiedRequest(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  fetch: ChannelDependencies['fetch'],
  signal: AbortSignal,
): Promise<WebhookAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, connection: 'close' },
      body,
      redirect: 'manual',
      signal,
    })
    const { status } = response
    const isTaken = status >= 200 && status < 300
    if (isTaken) await response.body?.cancel()
    const text = isTaken ? '' : await readStart(response.body ?? [], maxBytes).catch(() => '')
    return { status, retryAfter: response.headers.get('retry-after') ?? undefined, text }
  } catch (error) {
    throw new NoAnswerError(error, true)
  }
}

function privateAddress({ message }: PrivateAddressError): DeliveryResult {
  return { kind: 'channel-down', reason: message }
}

/** The signed parts of a request. */
interface SignedContent {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}

/**
 * The `webhook-signature` of Standard Webhooks, one signature for each key, so that keys can be exchanged without a gap. A key is
 * base64 after `whsec_`, any other text is taken as it is.
 */
function signWebhook({ id, timestamp, body }: SignedContent, keys: readonly Secret[]): string {
  return keys
    .map((key) => `v1,${createHmac('sha256', keyBytes(key)).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
    .join(' ')
}

function keyBytes(key: Secret): Buffer {
  const text = key.reveal()
  return text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text, 'utf8')
}

/** Settings of a request. */
interface RequestSettings {
  readonly lookup: LookupFunction | undefined
  readonly ca: string | undefined
}

/** Response of an endpoint. */
interface WebhookAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/** There was no response; `cause` is the reason. */
class NoAnswerError extends Error {
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
function webhookRequest(
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
