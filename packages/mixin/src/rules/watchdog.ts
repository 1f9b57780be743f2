import type { Alert } from '../rule.ts'

/** Label of the Watchdog in Prometheus with the address of docs/runbooks: dashboards read it there. It does not leave Prometheus. */
export const runbooksLabel = 'runbooks_url'

/** Always fires: when it no longer arrives, alerting itself is broken. The bridge raises the alarm then. */
export const watchdog: Alert = {
  alert: 'Watchdog',
  category: 'watchdog',
  severity: 'none',
  expr: 'vector(1)',
  forSeconds: 0,
  summary: 'Alerting works',
  description: 'This alert always fires. When it stops coming, Prometheus, Alertmanager or the way between them is broken.',
  identity: [],
  labels: { [runbooksLabel]: `{{ $externalLabels.${runbooksLabel} }}` },
  dashboard: 'pipeline',
}
