import type { Secret } from '../secret.ts'

/** Every severity, worst first. */
export const severities = ['critical', 'warning', 'info'] as const

/** How bad it is. */
export type Severity = (typeof severities)[number]

/** A daily time in which messages of severity info are kept back. */
export interface QuietHours {
  /** `HH:MM`, inclusive. */
  readonly from: string
  /** `HH:MM`, exclusive; earlier than `from` when the night lies between. */
  readonly to: string
  /** IANA name. @default 'UTC' */
  readonly timeZone: string
}

/** What all channels have. */
export interface ChannelBase {
  /** Unique among the channels. @default its type */
  readonly name: string
  /** It is told of these at once. @default all three; without critical where it is a `fallback` */
  readonly severities: readonly Severity[]
  /** It is also told of a critical alert that no other channel could deliver. @default false */
  readonly fallback: boolean
  /** @default none */
  readonly quietHours: QuietHours | undefined
}

/** Mail by SMTP; the server comes from `ALERT_EMAIL_*`. */
export interface EmailChannel extends ChannelBase {
  readonly type: 'email'
  /** File: `recipients`; `ALERT_EMAIL_TO` (separated by commas) where the file has none. */
  readonly recipients: readonly string[]
  /** `ALERT_EMAIL_HOST`. */
  readonly host: string
  /** `ALERT_EMAIL_PORT`. @default 587 */
  readonly port: number
  /** `ALERT_EMAIL_USER`. @default none: no log-in */
  readonly user: string | undefined
  /** `ALERT_EMAIL_PASSWORD`. @default none */
  readonly password: Secret | undefined
  /** `ALERT_EMAIL_FROM`. @default `ALERT_EMAIL_USER` where that is an address, else `swarmwatch@localhost` */
  readonly from: string
  /**
   * Whether mail goes over TLS or not at all. File: `require_tls`; `ALERT_EMAIL_REQUIRE_TLS` where the file has none.
   * @default undefined: unless the server is this machine
   */
  readonly requireTls?: boolean | undefined
  /** Whether TLS begins with the first byte. `ALERT_EMAIL_IMPLICIT_TLS`. @default undefined: on port 465 */
  readonly implicitTls?: boolean | undefined
  /** PEM of the authorities that may have signed the server's certificate. `ALERT_EMAIL_CA`. @default those Node.js trusts */
  readonly ca?: string | undefined
  /** Whether any certificate is accepted. `ALERT_EMAIL_TLS_SKIP_VERIFY`. @default false */
  readonly tlsSkipVerify?: boolean | undefined
  /** Name to greet the server with (EHLO). `ALERT_EMAIL_HELLO`. @default the domain of `from` where it has a dot */
  readonly hello?: string | undefined
}

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

/** Your own HTTP endpoint. */
export interface WebhookChannel extends ChannelBase {
  readonly type: 'webhook'
  /** File: `url`; `ALERT_WEBHOOK_URL` where the file has none. */
  readonly url: Secret
  /** Key of the signature; `ALERT_WEBHOOK_SECRET`. @default none: not signed */
  readonly secret: Secret | undefined
  /** Further keys while they are being exchanged: each signs too. File: `secrets`. @default [] */
  readonly secrets?: readonly Secret[]
  /** Hosts that may have a private address (loopback, 10.0.0.0/8 and so on). File: `allowed_private_hosts`. @default [] */
  readonly allowedPrivateHosts?: readonly string[]
}

/** Lines on the console. */
export interface ConsoleChannel extends ChannelBase {
  readonly type: 'console'
}

/** A way to reach people. */
export type AlertChannel = EmailChannel | SlackChannel | WebhookChannel | ConsoleChannel
