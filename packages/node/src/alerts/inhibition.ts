import { inhibitionRules, severities, type Severity } from '@swarmwatch/config'

interface Named {
  readonly alertName: string
  readonly severity: Severity
}

const fleetRules = inhibitionRules.filter(({ same }) => same === 'fleet')

/**
 * Whether a firing alert reports the same cause, or is the same alert with a higher severity. Names with `*` do not count: they stand for
 * alerts about one agent, and an alert of the process is about all of its agents.
 */
export function isMuted(alert: Named, firing: readonly Named[]): boolean {
  return firing.some((other) =>
    other.alertName === alert.alertName
      ? severities.indexOf(other.severity) < severities.indexOf(alert.severity)
      : fleetRules.some(
          ({ source, target }) => source.alerts.includes(other.alertName) && target.alerts.includes(alert.alertName),
        ),
  )
}
