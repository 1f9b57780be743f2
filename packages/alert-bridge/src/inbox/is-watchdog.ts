import type { Alert, AlertGroup } from './alert-group.ts'

// Watchdog of kube-prometheus, DeadMansSwitch, PrometheusAlertmanagerE2eDeadManSwitch, Dead Man's Snitch ...
const names = /^(?:watchdog|alwaysfiring|\w*deadmans?(?:switch|snitch))$/

/** Whether an alert is the one that always fires, by the names that teams give it: a sign of life, nothing to report. */
export function isWatchdogName(alertname: string): boolean {
  return names.test(alertname.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
}

/** A group without the alerts that always fire, and whether one of them did. */
export interface WithoutWatchdog {
  readonly isAlive: boolean
  /** Undefined where there was nothing else in the group. */
  readonly group: AlertGroup | undefined
}

/** Takes the alerts that always fire out of a group; routes that are not by name put them beside others. */
export function withoutWatchdog(group: AlertGroup): WithoutWatchdog {
  const isWatchdog = ({ labels }: Alert): boolean => isWatchdogName(labels['alertname'] ?? '')
  const rest = group.alerts.filter((alert) => !isWatchdog(alert))
  if (rest.length === group.alerts.length) return { isAlive: false, group }
  const isAlive = group.alerts.some((alert) => isWatchdog(alert) && alert.status === 'firing')
  const status = rest.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved'
  return { isAlive, group: rest.length === 0 ? undefined : { ...group, status, alerts: rest } }
}
