/** @packageDocumentation Telemetry set-up for Swarmwatch agents in Node. */
export { ConfigurationError } from '@swarmwatch/config'
export type { Logger } from './logger.ts'
export { startTelemetry } from './start-telemetry.ts'
export type { Telemetry } from './telemetry.ts'
export type { MetricsOptions, RecoveryOptions, TelemetryOptions } from './telemetry-options.ts'
