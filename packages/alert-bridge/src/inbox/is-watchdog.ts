import type { AlertGroup } from './alert-group.ts'

/** Whether a group is only the alert that always fires: a sign of life, nothing to tell. */
export function isWatchdog({ alerts }: AlertGroup): boolean {
  return alerts.every(({ labels }) => labels['alertname'] === 'Watchdog')
}
