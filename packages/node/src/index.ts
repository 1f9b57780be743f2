/** @packageDocumentation Telemetry set-up for Swarmwatch agents in Node. */
export { type AlertGroup, ConfigurationError } from '@swarmwatch/config'
export type { ConditionRule } from './alerts/in-process-rule.ts'
export type { Deliver } from './alerts/group-receiver.ts'
export type { TelemetryLogger } from './logger.ts'
export { startTelemetry } from './start-telemetry.ts'
export type { FlushOptions, Telemetry } from './start-telemetry.ts'
export type { AlertOptions, MetricsOptions, MonitorOptions, RecoveryDefaults, TelemetryOptions } from './telemetry-options.ts'
