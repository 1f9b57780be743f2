import type { Secret } from '../secret.ts'
import { openUrl, secret } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** An integration "Events API v2" of a PagerDuty service. */
export interface PagerdutyChannel extends ChannelBase {
  readonly type: 'pagerduty'
  /** File: `routing_key`; `ALERT_PAGERDUTY_ROUTING_KEY` where the file has none. */
  readonly routingKey: Secret
  /** Address of the Events API. File: `api_url`; `ALERT_PAGERDUTY_API_URL`. @default 'https://events.pagerduty.com' */
  readonly apiUrl: string
}

/** PagerDuty, by the Events API v2. */
export const pagerduty: ChannelDefinition<PagerdutyChannel> = {
  type: 'pagerduty',
  title: 'PagerDuty',
  about: 'PagerDuty, by an integration "Events API v2" of a service.',
  examples: ["{ type: pagerduty, routing_key: '${ALERT_PAGERDUTY_ROUTING_KEY}', api_url: 'https://events.eu.pagerduty.com' }"],
  keys: {
    routingKey: {
      value: secret('must be an integration key of 32 letters and digits', (text) => /^[A-Za-z0-9]{32}$/.test(text)),
      about: 'Integration key. Default: ALERT_PAGERDUTY_ROUTING_KEY.',
      isTarget: true,
      variable: {
        name: 'ALERT_PAGERDUTY_ROUTING_KEY',
        about: 'Integration key of a PagerDuty service, for a channel that has none.',
        example: { comment: 'Integration key of an "Events API v2" integration of a PagerDuty service.' },
      },
    },
    apiUrl: {
      value: openUrl,
      about:
        'Address of the Events API, https://events.eu.pagerduty.com for accounts in Europe. Default: ALERT_PAGERDUTY_API_URL.',
      default: 'https://events.pagerduty.com',
      variable: {
        name: 'ALERT_PAGERDUTY_API_URL',
        about: 'Address of the Events API of PagerDuty; https://events.eu.pagerduty.com for accounts in Europe.',
        example: { comment: 'https://events.eu.pagerduty.com for accounts in Europe. Empty: those in the United States.' },
      },
    },
  },
  needs: ['routingKey'],
}
