import type { Secret } from '../secret.ts'
import { httpUrl, secret } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** A webhook of a Discord channel. */
export interface DiscordChannel extends ChannelBase {
  readonly type: 'discord'
  /** File: `webhook`; `ALERT_DISCORD_WEBHOOK` where the file has none. */
  readonly webhook: Secret
}

/** Discord, by the webhook of a channel. */
export const discord: ChannelDefinition<DiscordChannel> = {
  type: 'discord',
  title: 'Discord',
  about: 'Discord, by the webhook of a channel.',
  examples: ["{ type: discord, webhook: '${ALERT_DISCORD_WEBHOOK}' }"],
  keys: {
    webhook: {
      value: secret(
        'must be the http or https URL of a webhook, without /slack or /github at its end',
        (text) => !/\/(?:slack|github)\/?$/.test(httpUrl(text)?.pathname ?? '/slack'),
      ),
      about: 'Address of the webhook. Default: ALERT_DISCORD_WEBHOOK.',
      isTarget: true,
      variable: {
        name: 'ALERT_DISCORD_WEBHOOK',
        about: 'Address of the Discord webhook, for a channel that has none.',
        example: { comment: 'Address of a webhook of a Discord channel, without "/slack" at its end.' },
      },
    },
  },
  needs: ['webhook'],
}
