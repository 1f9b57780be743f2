import type { Severity } from './alert-channel.ts'

/** The rules that can be named in the file. */
export type AlertRuleName = 'high_error_rate' | 'elevated_error_rate' | 'slow_response' | 'low_health'

/** When an alert is raised in the process. */
export interface AlertRule {
  readonly name: AlertRuleName
  /** A failed share (0-1) for the error rates, seconds (p95) for `slow_response`, a score (0-100) for `low_health`. */
  readonly threshold: number
  readonly severity: Severity
  /** It must have held this long, in seconds. File: `for`. */
  readonly forSeconds: number
}
