import type { Teller } from './faults.ts'
import { pace } from './pace.ts'

export interface Channels {
  readonly slackUrl: string
  readonly mailPort: number
  readonly recipients: readonly string[]
}

/** Where the bridge takes alerts. */
export interface BridgeAddress {
  readonly url: string
  readonly token: string
}

export const sender = 'alerts@example.com'

/** `alertmanager.yml` (JSON is YAML). The route is the production one for critical alerts, at our pace. */
export function alertmanagerSettings(teller: Teller, channels: Channels, bridge: BridgeAddress | undefined): string {
  const receiver = bridge === undefined ? direct(teller, channels) : throughBridge(bridge)
  return JSON.stringify({
    route: {
      receiver: 'people',
      group_by: ['alertname'],
      group_wait: `${pace.groupWaitSeconds}s`,
      group_interval: `${pace.groupIntervalSeconds}s`,
      repeat_interval: '1h',
    },
    receivers: [{ name: 'people', ...receiver }],
  })
}

function direct(teller: Teller, { slackUrl, mailPort, recipients }: Channels): object {
  const mail = { from: sender, smarthost: `127.0.0.1:${mailPort}`, require_tls: false, send_resolved: true }
  const lists = teller === 'Alertmanager, an entry each' ? recipients : [recipients.join(', ')]
  return {
    email_configs: lists.map((to) => ({ ...mail, to })),
    // without a timeout a Slack that never answers would take the whole group_interval
    slack_configs: [{ api_url: slackUrl, send_resolved: true, timeout: '10s' }],
  }
}

function throughBridge({ url, token }: BridgeAddress): object {
  const http = { authorization: { type: 'Bearer', credentials: token } }
  return { webhook_configs: [{ url, send_resolved: true, timeout: '10s', max_alerts: 1000, http_config: http }] }
}
