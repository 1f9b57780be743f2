import { channelSecrets } from '../src/index.ts'

/** Variables whose values must never be shown. */
export const secretVariables: readonly string[] = [
  'MONITOR_TOKEN',
  'SWARMWATCH_OTLP_TOKEN',
  'ALERTMANAGER_PASSWORD',
  ...Object.values(channelSecrets),
]

const validValues: Readonly<Record<string, string>> = {
  ALERT_PAGERDUTY_ROUTING_KEY: 'abcdefghijklmnopqrstuvwxyz012345',
  ALERT_SMS_ACCOUNT: 'AC1',
  ALERT_SMS_FROM: '+15005550006',
  ALERT_SMS_TO: '+491701234567',
  ALERT_TELEGRAM_BOT_TOKEN: '123456:abcdefghijklmnopqrstuvwxyz',
  ALERT_TELEGRAM_CHAT: '-1001234567890',
}

/** A value that the variable of a channel accepts. */
export function validValue(variable: string): string {
  return validValues[variable] ?? 'https://example.com/hook'
}
