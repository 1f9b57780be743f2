export type { AlertGroup, GroupAlert, NotificationReason } from './alert-group.ts'
export { alertNames, type AlertRule, type AlertRuleName, type CodeRule, defaultAlertRules } from './alert-rules.ts'
export { type ChannelBase, type QuietHours, severities, type Severity } from './channels/channel-definition.ts'
export {
  addressesOf,
  type AlertChannel,
  channelHint,
  type ChannelOf,
  channelSecrets,
  type ChannelType,
  channelTypes,
  channelWarnings,
  type CodeChannel,
  isLastResort,
  typeOfAddress,
} from './channels/channel-types.ts'
export type { ConsoleChannel } from './channels/console.ts'
export { type EmailChannel, isMailChannel } from './channels/email.ts'
export type { SlackBotChannel, SlackChannel, SlackWebhookChannel } from './channels/slack.ts'
export type { WebhookChannel } from './channels/webhook.ts'
export { type Environment, isSecretName, openVariables, type Variable, type VariableReader } from './environment.ts'
export type { CodeEscalationStep, EscalationStep } from './escalation.ts'
export { addressIn, hostAndPort, isHost, isLoopback, withoutBrackets } from './host.ts'
export { type AlertSelection, type InhibitionRule, inhibitionRules } from './inhibition.ts'
export { type CodeSettings, type Configuration, loadConfiguration, type LoadOptions } from './load-configuration.ts'
export { type Mailbox, readMailbox, writeMailbox } from './mail-address.ts'
export { type FieldName, readTemplate, type TemplateField, templateFields, type TemplatePart } from './message-template.ts'
export { mistypedVariables } from './mistyped-variables.ts'
export { asciiOnly, ConfigurationError, type Problem, problemText, shownValue } from './problem.ts'
export { BodyTooLargeError, readBody } from './read-body.ts'
export {
  chartAnnotations,
  type ChartUnit,
  chartUnits,
  jobAnnotation,
  type RunChoice,
  runChoices,
  runsAnnotation,
} from './rule-annotations.ts'
export type { CodeRotation, OnCallPerson, Rotation, RotationOverride, RotationShift } from './rotations.ts'
export { isSameText, Secret } from './secret.ts'
export type { AlertSettings } from './settings/alerts.ts'
export type { MonitorSettings } from './settings/monitor.ts'
export type { AgentBudget, BudgetSettings, DailyAgentBudget } from './settings/budgets.ts'
export type { AgentLoop, LoopSettings } from './settings/loops.ts'
export type { QualitySettings } from './settings/quality.ts'
export type { ModelPrice, PriceSettings } from './settings/prices.ts'
export type { ProviderSettings } from './settings/providers.ts'
export type { ProviderRecoverySettings } from './settings/provider-recovery.ts'
export { type AgentRecovery, type RecoveryLimits, type RecoverySettings, recoveryWaits } from './settings/recovery.ts'
export type { Origin } from './settings/setting.ts'
export type { MetricsSettings, TelemetrySettings } from './settings/process.ts'
export { thresholds } from './thresholds.ts'
export { traceUrl } from './trace-link.ts'
export { type FrameworkSource, frameworkSources } from './value-rule.ts'
