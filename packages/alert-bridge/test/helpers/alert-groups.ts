import type { AlertGroup, GroupAlert } from '@swarmwatch/config'

const started = '2026-11-24T01:00:00Z'

export interface GroupOptions extends Partial<Omit<AlertGroup, 'alerts' | 'version'>> {
  readonly name?: string
  readonly severity?: string
  readonly startsAt?: string
  readonly alerts?: readonly GroupAlert[]
}

/** A group with one alert that fires, as Alertmanager sends it. */
export function firing(options: GroupOptions = {}): AlertGroup {
  const { name = 'AgentSlow', severity = 'warning', startsAt = started, ...rest } = options
  const labels = { alertname: name, severity, agent_name: 'planner' }
  const annotations = { summary: `${name} on planner`, runbook_url: 'https://example.com/runbook' }
  const alert: GroupAlert = {
    status: 'firing',
    labels,
    annotations,
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: fingerprint(name),
  }
  return {
    version: '4',
    status: 'firing',
    receiver: 'bridge',
    groupLabels: { alertname: name },
    commonLabels: labels,
    commonAnnotations: annotations,
    alerts: [alert],
    externalURL: 'http://alertmanager-1:9093',
    truncatedAlerts: 0,
    notification_reason: 'first notification',
    ...rest,
  }
}

/** The same group, resolved. */
export function resolved(options: GroupOptions = {}): AlertGroup {
  const group = firing(options)
  const alerts = group.alerts.map((alert): GroupAlert => ({ ...alert, status: 'resolved', endsAt: '2026-11-24T01:30:00Z' }))
  return { ...group, status: 'resolved', alerts, notification_reason: 'all alerts resolved' }
}

function fingerprint(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(16, '0')
}
