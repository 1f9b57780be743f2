import { createHmac } from 'node:crypto'

import { type Secret, type WebhookChannel, withoutBrackets } from '@swarmwatch/config'

import { type Channel, type ChannelDependencies, type DeliveryResult, systemDependencies } from '../channel.ts'
import { guardedDelivery, stopSignal, wireId } from '../guarded-delivery.ts'
import { hideSecrets } from '../hide-secrets.ts'
import { connectionFailure, statusFailure } from '../request-failure.ts'
import { guardedLookup, isPublicAddress, PrivateAddressError } from './private-address.ts'
import { webhookBody } from './webhook-body.ts'
import { NoAnswerError, webhookRequest } from './webhook-request.ts'

/** Settings of the custom webhook. */
export interface WebhookChannelSettings extends WebhookChannel {
  /** PEM of the authority that signed the server's certificate. @default those Node.js trusts */
  readonly ca?: string
  /** Most time for one request. @default 20_000 */
  readonly timeoutMs?: number
}

/** Posts signed JSON to one address. */
export function openWebhookChannel(settings: WebhookChannelSettings, dependencies: Partial<ChannelDependencies> = {}): Channel {
  const { now, lookup } = { ...systemDependencies, ...dependencies }
  const { name, timeoutMs = 20_000, allowedPrivateHosts = [] } = settings
  const url = new URL(settings.url.reveal())
  const keys = [settings.secret, ...(settings.secrets ?? [])].filter((key) => key !== undefined)
  const host = withoutBrackets(url.hostname).toLowerCase()
  const mayBePrivate = allowedPrivateHosts.some((allowed) => withoutBrackets(allowed).toLowerCase() === host)
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
      if (isAddress(host) && !mayBePrivate && !isPublicAddress(host)) return privateAddress(new PrivateAddressError())
      try {
        const answer = await webhookRequest(url, headers, body, settled, stopped.during(signal, timeoutMs))
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

function privateAddress({ message }: PrivateAddressError): DeliveryResult {
  return { kind: 'channel-down', reason: message }
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':')
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
