import type { AlertChannel, EmailChannel } from '@swarmwatch/config'

import { renderTemplate } from './render-template.ts'

/** Alertmanager's configuration: it mails the recipients of all email channels. Without such a channel the mail receiver does nothing. */
export function renderAlertmanager(template: string, channels: readonly AlertChannel[]): string {
  const email = channels.filter((channel): channel is EmailChannel => channel.type === 'email')
  const [server] = email
  if (server === undefined) return template.replace(/^ *# mail begin\n[\s\S]*?# mail end\n/m, '')
  return renderTemplate(template, {
    ALERT_EMAIL_HOST: server.host,
    ALERT_EMAIL_PORT: String(server.port),
    ALERT_EMAIL_USER: server.user ?? '',
    ALERT_EMAIL_FROM: server.from,
    ALERT_EMAIL_TO: [...new Set(email.flatMap(({ recipients }) => recipients))].join(', '),
    ALERT_EMAIL_REQUIRE_TLS: String(server.requireTls ?? true),
  })
}
