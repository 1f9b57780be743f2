import type { AlertSettings } from './alerts/alert-settings.ts'
import type { MetricsSettings } from './metrics-settings.ts'
import type { MonitorSettings } from './monitor-settings.ts'
import type { Origin } from './origin.ts'
import type { RecoverySettings } from './recovery-settings.ts'
import type { TelemetrySettings } from './telemetry-settings.ts'

/** The settings in force: checked, complete, and safe to print (secrets show `***`). */
export interface Configuration {
  readonly telemetry: TelemetrySettings
  readonly metrics: MetricsSettings
  readonly monitor: MonitorSettings
  readonly recovery: RecoverySettings
  readonly alerts: AlertSettings
  /** Whether `register` ends the program on a problem; `SWARMWATCH_STRICT`. @default false */
  readonly strict: boolean
  /** Whether signals export what is left before they end the process; `SWARMWATCH_HANDLE_SIGNALS`. @default undefined: the program decides */
  readonly handleSignals: boolean | undefined
  /** The file that was read, as it was named; undefined when there is none. */
  readonly file: string | undefined
  /** Where each value came from, by its path here, such as `recovery.maxRetries` or `alerts.channels[0].webhook`. */
  readonly origins: Readonly<Record<string, Origin>>
  /** Lines to show at start: what is set but cannot mean what it says. */
  readonly notices: readonly string[]
  /** A line for each alert channel that is off and why: to be shown by whoever tells people of alerts. */
  readonly offChannels: readonly string[]
}
