import type { Secret } from '../secret.ts'
import { host, secretText, secretUrl } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** An HTTP endpoint of your own. */
export interface WebhookChannel extends ChannelBase {
  readonly type: 'webhook'
  /** File: `url`; `ALERT_WEBHOOK_URL` where the file has none. */
  readonly url: Secret
  /** Key of the signature; `ALERT_WEBHOOK_SECRET`. @default none: not signed */
  readonly secret: Secret | undefined
  /** Further keys during a key rotation: each signs too. File: `secrets`. @default [] */
  readonly secrets?: readonly Secret[]
  /** Hosts that may have a private address (loopback, 10.0.0.0/8 and so on). File: `allowed_private_hosts`. @default [] */
  readonly allowedPrivateHosts?: readonly string[]
}

/** An HTTP endpoint of your own. */
export const webhook: ChannelDefinition<WebhookChannel> = {
  type: 'webhook',
  title: 'your own HTTP endpoint',
  about: 'Your own HTTP endpoint. Messages are signed as specified by Standard Webhooks.',
  examples: [
    "{ type: webhook, url: '${ALERT_WEBHOOK_URL}', secrets: ['${OLD_WEBHOOK_SECRET}'], allowed_private_hosts: [alerts.internal] }",
  ],
  keys: {
    url: {
      value: secretUrl,
      about: 'Address that messages are posted to. Default: ALERT_WEBHOOK_URL.',
      isTarget: true,
      variable: {
        name: 'ALERT_WEBHOOK_URL',
        about: 'Address of your own endpoint, for a channel that has none.',
        example: { comment: 'Address of your own endpoint.' },
      },
    },
    secret: {
      value: secretText,
      variable: {
        name: 'ALERT_WEBHOOK_SECRET',
        about: 'Key that signs the messages to your own endpoint.',
        example: { comment: 'Key that signs the messages to it (Standard Webhooks).' },
      },
    },
    secrets: {
      value: { items: secretText, rule: 'must be a list of keys' },
      about: 'Further keys during a key rotation: each signs too, in addition to ALERT_WEBHOOK_SECRET.',
      default: [],
    },
    allowedPrivateHosts: {
      value: { items: host, rule: 'must be a list of host names' },
      about: 'Hosts that may have a private address (loopback, 10.0.0.0/8 and so on). Others are refused.',
      default: [],
    },
  },
  needs: ['url'],
}
