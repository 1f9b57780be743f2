import { withoutBrackets, type WebhookChannel } from '@swarmwatch/config'

import { webhookBody } from '../../message/webhook-body.ts'
import type { Channel, DeliveryResult } from '../channel.ts'
import { realWorld, type ChannelWorld } from '../channel-world.ts'
import { connectionFailure } from '../connection-failure.ts'
import { guardedDelivery } from '../guarded-delivery.ts'
import { hideSecrets } from '../hide-secrets.ts'
import { stopSignal } from '../stop-signal.ts'
import { wireId } from '../wire-id.ts'
import { webhookFailure } from './webhook-failure.ts'
import { isPublicAddress } from './public-address.ts'
import { guardedLookup, PrivateAddressError } from './guarded-lookup.ts'
import { signWebhook } from './sign-webhook.ts'
import { NoAnswerError, webhookRequest } from './webhook-request.ts'

/** Settings of the custom webhook. */
export interface WebhookChannelSettings extends WebhookChannel {
  /** PEM of the authority that signed the server's certificate. @default those Node.js trusts */
  readonly ca?: string
  /** Most time for one request. @default 20_000 */
  readonly timeoutMs?: number
}

/** Posts signed JSON to one address. */
export function openWebhookChannel(settings: WebhookChannelSettings, world: Partial<ChannelWorld> = {}): Channel {
  const { now, lookup } = { ...realWorld, ...world }
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
    type: 'webhook',
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
        return answer.status >= 200 && answer.status < 300 ? { kind: 'delivered' } : webhookFailure(answer, now())
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
