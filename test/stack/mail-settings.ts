/** Settings for a stack whose mail goes to Mailpit and whose Slack is at `slackUrl`. */
export function mailSettings(slackUrl: string): Readonly<Record<string, string>> {
  return {
    ALERT_EMAIL_HOST: 'mailpit',
    ALERT_EMAIL_PORT: '1025',
    ALERT_EMAIL_REQUIRE_TLS: 'false',
    ALERT_EMAIL_FROM: 'swarm@street.test',
    ALERT_EMAIL_TO: 'ops@street.test',
    ALERT_SLACK_WEBHOOK: slackUrl,
    GRAFANA_URL: 'http://grafana.street.test',
    RUNBOOKS_URL: 'http://runbooks.street.test',
  }
}
