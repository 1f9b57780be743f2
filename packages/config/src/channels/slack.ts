import type { Secret } from '../secret.ts'
import { oneLine, pattern, secretText, secretUrl } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** A Slack incoming webhook, or a bot, which can also update its messages and answer in threads. */
export type SlackChannel = SlackWebhookChannel | SlackBotChannel

/** A Slack incoming webhook. */
export interface SlackWebhookChannel extends ChannelBase {
  readonly type: 'slack'
  /** File: `webhook`; `ALERT_SLACK_WEBHOOK` where the file has none. */
  readonly webhook: Secret
  readonly botToken?: undefined
  readonly channel?: undefined
}

/** A Slack bot that is a member of the channel it posts to. */
export interface SlackBotChannel extends ChannelBase {
  readonly type: 'slack'
  /** File: `bot_token`. */
  readonly botToken: Secret
  /** Name or, better, id. File: `channel`. */
  readonly channel: string
  readonly webhook?: undefined
}

/** Slack: by bot where there is a token, otherwise by webhook. */
export const slack: ChannelDefinition<SlackChannel> = {
  type: 'slack',
  title: 'Slack',
  about: 'Slack, by incoming webhook or by bot.',
  examples: [
    "{ type: slack, webhook: '${ALERT_SLACK_WEBHOOK}' }",
    "{ type: slack, bot_token: '${SLACK_BOT_TOKEN}', channel: C012AB3CD }",
  ],
  keys: {
    webhook: {
      value: secretUrl,
      about: 'Address of the incoming webhook. Default: ALERT_SLACK_WEBHOOK.',
      isTarget: true,
      variable: {
        name: 'ALERT_SLACK_WEBHOOK',
        about: 'Address of the Slack incoming webhook, for a channel that has none.',
        example: { comment: 'Address of a Slack incoming webhook.' },
      },
    },
    botToken: {
      value: secretText,
      about: 'Token of a bot, instead of webhook. A bot can also update its messages and answer in threads.',
      isTarget: true,
    },
    channel: {
      value: oneLine,
      about: 'Name or, better, id of the channel that the bot posts to. The bot must be a member.',
      isTarget: true,
    },
  },
  needs: ['webhook'],
  address: pattern('must be slack: and the id of a user or a user group, such as slack:U012AB3CD', /^slack:[UWS][A-Z0-9]{6,20}$/),
  check: ({ webhook, botToken }) =>
    webhook === undefined || botToken === undefined ? [] : [{ key: 'botToken', rule: 'must not be set together with webhook' }],
  resolve({ webhook, botToken, channel }) {
    if (botToken.value !== undefined) {
      if (channel.value !== undefined) return { botToken, channel }
      return channel.isListed ? channel.missing : `${channel.missing}, which the bot posts to`
    }
    if (webhook.value !== undefined) return { webhook }
    return botToken.isListed && !webhook.isListed ? botToken.missing : webhook.missing
  },
}
