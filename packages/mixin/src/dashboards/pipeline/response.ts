import { jobIs } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { quantilePanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'

/** From the message about an incident to the person who acknowledges it, and to its end. */
export const response = ({ histograms }: MixinSettings): Row => ({
  title: 'Response',
  panels: [
    {
      shows: 'graph',
      title: 'What is unacknowledged?',
      description: 'Incidents that fire and that no one has acknowledged, by severity.',
      unit: 'none',
      queries: {
        open: { expr: `max by (severity) (bridge_incidents_unacknowledged{${jobIs.bridge}})`, legend: '{{severity}}' },
      },
      min: 0,
      span: 6,
      whenEmpty: 'No alert bridge',
    },
    {
      shows: 'graph',
      title: 'How old is the oldest?',
      description:
        'Age of the oldest incident that no one has acknowledged, by severity, with alerts.escalation. AlertsUnacknowledged ' +
        'fires for a critical one above the line.',
      unit: 's',
      queries: {
        age: {
          expr: `max by (severity) (bridge_incidents_unacknowledged_oldest_age_seconds{${jobIs.bridge}})`,
          legend: '{{severity}}',
        },
      },
      limits: limits.unacknowledgedAge,
      min: 0,
      span: 6,
      whenEmpty: 'No escalation',
    },
    quantilePanel({
      title: 'How long until acknowledged?',
      description: '95% of the acknowledged incidents were acknowledged within this time after they began, by severity.',
      mode: histograms,
      histogram: 'bridge_incident_acknowledge_seconds',
      of: `{${jobIs.bridge}}`,
      by: 'severity',
      span: 6,
      whenEmpty: 'None acknowledged',
    }),
    quantilePanel({
      title: 'How long until resolved?',
      description: '95% of the incidents ended within this time after they began, by severity.',
      mode: histograms,
      histogram: 'bridge_incident_resolve_seconds',
      of: `{${jobIs.bridge}}`,
      by: 'severity',
      span: 6,
      whenEmpty: 'None resolved',
    }),
  ],
})
