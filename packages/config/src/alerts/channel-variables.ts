import type { Secret } from '../secret.ts'
import type { Settings } from '../setting.ts'
import {
  certificates,
  helloName,
  host,
  mailAddress,
  mailAddresses,
  oneLine,
  onOff,
  port,
  secretText,
  secretUrl,
} from '../value-rule.ts'

/** What the `ALERT_*` variables say. */
export interface ChannelVariables {
  readonly emailHost: string | undefined
  readonly emailPort: number
  readonly emailUser: string | undefined
  readonly emailPassword: Secret | undefined
  readonly emailFrom: string | undefined
  readonly emailTo: readonly string[] | undefined
  readonly emailRequireTls: boolean | undefined
  readonly emailImplicitTls: boolean | undefined
  readonly emailCa: string | undefined
  readonly emailTlsSkipVerify: boolean | undefined
  readonly emailHello: string | undefined
  readonly slackWebhook: Secret | undefined
  readonly webhookUrl: Secret | undefined
  readonly webhookSecret: Secret | undefined
}

/** The `ALERT_*` variables. */
export const channelVariables: Settings<ChannelVariables> = {
  emailHost: { about: 'Mail server.', variable: 'ALERT_EMAIL_HOST', value: host, default: undefined },
  emailPort: {
    about: 'Port of the mail server.',
    variable: 'ALERT_EMAIL_PORT',
    value: port,
    default: 587,
  },
  emailUser: {
    about: 'Name to log in with; none does not log in.',
    variable: 'ALERT_EMAIL_USER',
    value: oneLine,
    default: undefined,
  },
  emailPassword: { about: 'Password to log in with.', variable: 'ALERT_EMAIL_PASSWORD', value: secretText, default: undefined },
  emailFrom: {
    about: 'Sender of the mails; ALERT_EMAIL_USER where that is an address, else swarmwatch@localhost.',
    variable: 'ALERT_EMAIL_FROM',
    value: mailAddress,
    default: undefined,
  },
  emailTo: {
    about: 'Who gets mail, where the channel lists no recipients.',
    variable: 'ALERT_EMAIL_TO',
    value: mailAddresses,
    default: undefined,
  },
  emailRequireTls: {
    about: 'Whether mail goes over TLS or not at all; unless the server is this machine, it does.',
    variable: 'ALERT_EMAIL_REQUIRE_TLS',
    value: onOff,
    default: undefined,
  },
  emailImplicitTls: {
    about: 'Whether the mail server speaks TLS from the first byte; on port 465 it does, on others TLS begins by STARTTLS.',
    variable: 'ALERT_EMAIL_IMPLICIT_TLS',
    value: onOff,
    default: undefined,
  },
  emailCa: {
    about: 'Certificates of the authorities that the certificate of the mail server may come from, in place of the public ones.',
    variable: 'ALERT_EMAIL_CA',
    orFile: true,
    value: certificates,
    default: undefined,
  },
  emailTlsSkipVerify: {
    about: 'Whether any certificate of the mail server is accepted; for a self-signed one, ALERT_EMAIL_CA is the safe way.',
    variable: 'ALERT_EMAIL_TLS_SKIP_VERIFY',
    value: onOff,
    default: undefined,
  },
  emailHello: {
    about: 'Name to greet the mail server with (EHLO); the domain of the sender, where it has a dot.',
    variable: 'ALERT_EMAIL_HELLO',
    value: helloName,
    default: undefined,
  },
  slackWebhook: {
    about: 'Address of the Slack incoming webhook, where the channel has none.',
    variable: 'ALERT_SLACK_WEBHOOK',
    value: secretUrl,
    default: undefined,
  },
  webhookUrl: {
    about: 'Address of your own endpoint, where the channel has none.',
    variable: 'ALERT_WEBHOOK_URL',
    value: secretUrl,
    default: undefined,
  },
  webhookSecret: {
    about: 'Key that messages to your own endpoint are signed with.',
    variable: 'ALERT_WEBHOOK_SECRET',
    value: secretText,
    default: undefined,
  },
}

/** The variables that a channel in code may override, by the names they have there. */
export const serverVariables: Readonly<Partial<Record<string, Readonly<Record<string, keyof ChannelVariables>>>>> = {
  email: {
    host: 'emailHost',
    port: 'emailPort',
    user: 'emailUser',
    password: 'emailPassword',
    from: 'emailFrom',
    implicitTls: 'emailImplicitTls',
    ca: 'emailCa',
    tlsSkipVerify: 'emailTlsSkipVerify',
    hello: 'emailHello',
  },
  webhook: { secret: 'webhookSecret' },
}
