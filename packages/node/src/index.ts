/** @packageDocumentation Telemetry set-up for Swarmwatch agents in Node. */
export { ConfigurationError } from '@swarmwatch/config'
export type { AlertGroup } from './alerts/alert-group.ts'
export type { ConditionRule } from './alerts/condition-rule.ts'
export type { Deliver } from './alerts/receivers/group-receiver.ts'
export type { Logger } from './logger.ts'
export { startTelemetry } from './start-telemetry.ts'
export type { FlushOptions, Telemetry } from './telemetry.ts'
export type { AlertOptions, MetricsOptions, MonitorOptions, RecoveryOptions, TelemetryOptions } from './telemetry-options.ts'
