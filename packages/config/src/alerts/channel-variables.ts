import type { Secret } from '../secret.ts'
import type { Settings } from '../setting.ts'
import { host, mailAddress, mailAddresses, oneLine, port, secretText, secretUrl } from '../value-rule.ts'

/** What the `ALERT_*` variables say. */
export interface ChannelVariables {
  readonly emailHost: string | undefined
  readonly emailPort: number
  readonly emailUser: string | undefined
  readonly emailPassword: Secret | undefined
  readonly emailFrom: string | undefined
  readonly emailTo: readonly string[] | undefined
  readonly slackWebhook: Secret | undefined
  readonly webhookUrl: Secret | undefined
  readonly webhookSecret: Secret | undefined
}

/** The `ALERT_*` variables. */
export const channelVariables: Settings<ChannelVariables> = {
  emailHost: { variable: 'ALERT_EMAIL_HOST', value: host, default: undefined },
  emailPort: { variable: 'ALERT_EMAIL_PORT', value: port, default: 587 },
  emailUser: { variable: 'ALERT_EMAIL_USER', value: oneLine, default: undefined },
  emailPassword: { variable: 'ALERT_EMAIL_PASSWORD', value: secretText, default: undefined },
  emailFrom: { variable: 'ALERT_EMAIL_FROM', value: mailAddress, default: undefined },
  emailTo: { variable: 'ALERT_EMAIL_TO', value: mailAddresses, default: undefined },
  slackWebhook: { variable: 'ALERT_SLACK_WEBHOOK', value: secretUrl, default: undefined },
  webhookUrl: { variable: 'ALERT_WEBHOOK_URL', value: secretUrl, default: undefined },
  webhookSecret: { variable: 'ALERT_WEBHOOK_SECRET', value: secretText, default: undefined },
}
