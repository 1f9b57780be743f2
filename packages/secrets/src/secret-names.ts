/** Secrets that are made at random: 32 bytes, written as 43 characters that need no escaping anywhere. */
export const randomSecrets = [
  'otlp_token',
  'bridge_token',
  'worker_token',
  'prometheus_password',
  'alertmanager_password',
  'grafana_admin_password',
] as const

/** Secrets that only the operator knows, by the variable of the environment file they may stand in. An empty file means unset. */
export const givenSecrets: Readonly<Record<string, string>> = {
  alert_email_password: 'ALERT_EMAIL_PASSWORD',
  alert_slack_webhook: 'ALERT_SLACK_WEBHOOK',
  alert_webhook_url: 'ALERT_WEBHOOK_URL',
  alert_webhook_secret: 'ALERT_WEBHOOK_SECRET',
  heartbeat_url: 'HEARTBEAT_URL',
  openai_api_key: 'OPENAI_API_KEY',
}
