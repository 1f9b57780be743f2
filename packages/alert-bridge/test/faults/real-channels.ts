import { Secret, type AlertChannel } from '@swarmwatch/config'

import type { EmailChannelSettings } from '../../src/channels/email/email-channel.ts'
import type { SlackChannelSettings } from '../../src/channels/slack/slack-channel.ts'
import { openChannels } from '../../src/channels/open-channels.ts'
import type { RoutedChannel } from '../../src/routing.ts'

/** Settings that every channel of these tests has. */
export const channelBase = { severities: ['critical', 'warning', 'info'], fallback: false, quietHours: undefined } as const

/** Slack by its incoming webhook at this address, which gets a second for an answer. */
export function slackAt(url: string, more: Partial<SlackChannelSettings> = {}): AlertChannel {
  return { ...channelBase, type: 'slack', name: 'slack', webhook: new Secret(url), timeoutMs: 1_000, ...more } as AlertChannel
}

/** Mail by the server on this port of this machine. */
export function mailAt(port: number, more: Partial<EmailChannelSettings> = {}): AlertChannel {
  return {
    ...channelBase,
    type: 'email',
    name: 'email',
    recipients: ['ops@example.com'],
    host: '127.0.0.1',
    port,
    user: undefined,
    password: undefined,
    from: 'alerts@swarm.example.com',
    ...more,
  }
}

/** A custom webhook on this machine. */
export function webhookAt(url: string, secret?: string): AlertChannel {
  return {
    ...channelBase,
    type: 'webhook',
    name: 'own',
    url: new Secret(url),
    secret: secret === undefined ? undefined : new Secret(secret),
    allowedPrivateHosts: ['127.0.0.1'],
  }
}

/** Real channels, as a bridge of a test takes them. */
export function real(...settings: readonly AlertChannel[]): { readonly routed: RoutedChannel }[] {
  return openChannels(settings, { write: () => {} }).map((routed) => ({ routed }))
}
