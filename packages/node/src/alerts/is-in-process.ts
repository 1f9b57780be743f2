import type { Configuration } from '@swarmwatch/config'

/** Whether rules are evaluated in this process: `auto` leaves them to Prometheus when metrics go out by OTLP. */
export function isInProcess({ monitor, alerts }: Configuration, sendsMetrics: boolean): boolean {
  if (!monitor.enabled || alerts.inProcess === 'off') return false
  return alerts.inProcess === 'on' || !sendsMetrics
}
