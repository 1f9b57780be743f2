/** The exact settings file of the system that Swarmwatch replaces. */
export const missionFile = `monitoring:
  enabled: true
  health_check_interval: 30
  metrics_export: true
  
recovery:
  max_retries: 3
  base_delay: 5
  exponential_factor: 3
  
alerts:
  channels:
    - type: email
      recipients: ["ops@example.com"]
    - type: slack
      webhook: "\${ALERT_SLACK_WEBHOOK}"
  
  rules:
    - name: high_error_rate
      threshold: 0.5
      severity: critical
    - name: slow_response
      threshold: 10  # seconds
      severity: warning
`

/** The environment variables of that system. */
export const missionEnvironment: Readonly<Record<string, string>> = {
  MONITOR_PORT: '8080',
  MONITOR_INTERVAL: '30',
  ALERT_EMAIL_HOST: 'smtp.gmail.com',
  ALERT_EMAIL_PORT: '587',
  ALERT_EMAIL_USER: 'alerts@example.com',
  ALERT_EMAIL_PASSWORD: 'secure_password',
  ALERT_SLACK_WEBHOOK: 'https://hooks.slack.com/services/xxx',
  METRICS_PORT: '9090',
  METRICS_EXPORT_INTERVAL: '15',
  MAX_RETRIES: '3',
  BASE_RETRY_DELAY: '5',
  MAX_RETRY_DELAY: '60',
}
