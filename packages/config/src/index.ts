export type { AlertGroup, GroupAlert, NotificationReason } from './alert-group.ts'
export type {
  AlertChannel,
  ChannelBase,
  ConsoleChannel,
  EmailChannel,
  QuietHours,
  Severity,
  SlackBotChannel,
  SlackChannel,
  SlackWebhookChannel,
  WebhookChannel,
} from './alerts/alert-channel.ts'
export { severities } from './alerts/alert-channel.ts'
export type { AlertRule, AlertRuleName } from './alerts/alert-rule.ts'
export { alertNames, defaultAlertRules } from './alerts/alert-rules.ts'
export type { CodeChannel, CodeRule } from './alerts/code-alerts.ts'
export type { AlertSettings } from './alerts/alert-settings.ts'
export type { Configuration } from './configuration.ts'
export { ConfigurationError, type Problem } from './configuration-error.ts'
export { openEnvironment, type Environment, type Variable } from './environment.ts'
export { hostAndPort, isHost, isLoopback, withoutBrackets } from './host.ts'
export { inhibitionRules, type AlertSelection, type InhibitionRule } from './inhibition.ts'
export { loadConfiguration, type CodeSettings, type LoadOptions } from './load-configuration.ts'
export { readMailbox, writeMailbox, type Mailbox } from './mail-address.ts'
export type { MetricsSettings } from './metrics-settings.ts'
export { mistypedVariables } from './mistyped-variables.ts'
export type { MonitorSettings } from './monitor-settings.ts'
export type { Origin } from './origin.ts'
export type { RecoveryLimits, RecoverySettings } from './recovery-settings.ts'
export { recoveryWaits } from './recovery-waits.ts'
export { Secret } from './secret.ts'
export { asciiOnly, shownValue } from './shown-value.ts'
export type { TelemetrySettings } from './telemetry-settings.ts'
export { thresholds } from './thresholds.ts'
