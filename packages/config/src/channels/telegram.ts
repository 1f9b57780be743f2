import type { Secret } from '../secret.ts'
import { openUrl, pattern, secret } from '../value-rule.ts'
import type { ChannelBase, ChannelDefinition } from './channel-definition.ts'

/** A Telegram bot that is a member of the chat it posts to. */
export interface TelegramChannel extends ChannelBase {
  readonly type: 'telegram'
  /** File: `bot_token`; `ALERT_TELEGRAM_BOT_TOKEN` where the file has none. */
  readonly botToken: Secret
  /** File: `chat`; `ALERT_TELEGRAM_CHAT` where the file has none. */
  readonly chat: string
  /** Address of the Bot API. File: `api_url`; `ALERT_TELEGRAM_API_URL`. @default 'https://api.telegram.org' */
  readonly apiUrl: string
}

const botToken = secret('must be the token of a bot, such as 123456:ABC-def', (text) => /^\d+:[\w-]{20,}$/.test(text))
const chat = pattern(
  'must be the id of a chat, such as -1001234567890, or @ and the name of a channel',
  /^(?:-?\d{1,20}|@\w{4,64})$/,
)

/** Telegram, by a bot. */
export const telegram: ChannelDefinition<TelegramChannel> = {
  type: 'telegram',
  title: 'Telegram',
  about: 'Telegram, by a bot.',
  examples: [
    "{ type: telegram, bot_token: '${ALERT_TELEGRAM_BOT_TOKEN}', chat: '-1001234567890', api_url: 'https://telegram.example.com' }",
  ],
  keys: {
    botToken: {
      value: botToken,
      about: 'Token of the bot. Default: ALERT_TELEGRAM_BOT_TOKEN.',
      isTarget: true,
      variable: {
        name: 'ALERT_TELEGRAM_BOT_TOKEN',
        about: 'Token of the Telegram bot, for a channel that has none.',
        example: { comment: 'Token of a Telegram bot.' },
      },
    },
    chat: {
      value: chat,
      about: 'Id of the chat that the bot posts to, or @ and the name of a public channel. Default: ALERT_TELEGRAM_CHAT.',
      isTarget: true,
      variable: {
        name: 'ALERT_TELEGRAM_CHAT',
        about: 'Id of the Telegram chat, for a channel that has none. The id of a group is negative.',
        example: { comment: 'Id of the chat that the bot posts to; negative for a group.' },
      },
    },
    apiUrl: {
      value: openUrl,
      about: 'Address of your own Bot API server. Default: ALERT_TELEGRAM_API_URL.',
      default: 'https://api.telegram.org',
      variable: {
        name: 'ALERT_TELEGRAM_API_URL',
        about: 'Address of the Telegram Bot API, for your own Bot API server.',
        example: { comment: 'Address of your own Bot API server. Empty: that of Telegram.' },
      },
    },
  },
  needs: ['botToken', 'chat'],
}
