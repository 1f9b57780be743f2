import { alertNames, severities, type Severity } from '@swarmwatch/config'

interface Named {
  readonly alertName: string
  readonly severity: Severity
}

/** What each alert mutes: its own cause told once is enough. */
const mutes: Readonly<Record<string, readonly string[]>> = {
  [alertNames.high_error_rate]: [alertNames.elevated_error_rate, alertNames.low_health],
}

/** Whether one of the firing alerts says the same already, or worse: its cause, or the same alert with a higher severity. */
export function isMuted(alert: Named, firing: readonly Named[]): boolean {
  return firing.some(
    (other) =>
      mutes[other.alertName]?.includes(alert.alertName) ||
      (other.alertName === alert.alertName && severities.indexOf(other.severity) < severities.indexOf(alert.severity)),
  )
}
