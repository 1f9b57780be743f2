/** The variables whose values must never be shown. */
export const secretVariables = [
  'MONITOR_TOKEN',
  'SWARMWATCH_OTLP_TOKEN',
  'ALERTMANAGER_PASSWORD',
  'ALERT_EMAIL_PASSWORD',
  'ALERT_SLACK_WEBHOOK',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_SECRET',
] as const
