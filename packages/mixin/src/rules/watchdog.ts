import type { Alert } from '../rule.ts'

/**
 * Label of the Watchdog with the address of docs/runbooks: dashboards read it in Prometheus. It
 * does not leave Prometheus.
 */
export const runbooksLabel = 'runbooks_url'

/**
 * Always fires: when it no longer arrives, alerting itself is broken, and the bridge raises an
 * alert.
 */
export const watchdog: Alert = {
  alert: 'Watchdog',
  category: 'watchdog',
  severity: 'none',
  expr: 'vector(1)',
  forSeconds: 0,
  summary: 'Alerting works',
  description:
    'This alert always fires. When it no longer arrives, Prometheus, Alertmanager or the connection between them is broken.',
  identity: [],
  labels: { [runbooksLabel]: `{{ $externalLabels.${runbooksLabel} }}` },
  dashboard: 'pipeline',
}
