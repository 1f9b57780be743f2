import { from } from '../../component.ts'
import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'

/** From a firing alert to its reader. */
export const alerting: Row = {
  title: 'Alerting',
  panels: [
    {
      shows: 'graph',
      title: 'Alerts held',
      question: 'How many alerts does Alertmanager hold?',
      description: 'Alerts by state: active, or suppressed because a silence or another alert mutes them.',
      unit: 'none',
      queries: { alerts: { expr: `sum by (state) (alertmanager_alerts{${from.alertmanager}})`, legend: '{{state}}' } },
      isStacked: true,
      min: 0,
      span: 6,
    },
    {
      shows: 'graph',
      title: 'Failed notifications',
      question: 'Which notifications of Alertmanager fail?',
      description:
        'Failed share of the notifications of the last 5 minutes, by way: the webhook of the bridge, direct mail. AlertDeliveryFailing ' +
        'fires above the line.',
      unit: 'percentunit',
      queries: {
        failed: {
          expr: promql`
            sum by (integration) (
              rate(alertmanager_notifications_failed_total{${from.alertmanager}}[5m])
            )
              / (sum by (integration) (
                rate(alertmanager_notifications_total{${from.alertmanager}}[5m])
              ) > 0)`,
          legend: '{{integration}}',
        },
      },
      limits: limits.undeliveredAlerts,
      min: 0,
      span: 6,
      whenEmpty: 'None sent',
    },
    {
      shows: 'graph',
      title: 'Deliveries',
      question: 'Which channels delivered, and how did that go?',
      description: 'Deliveries of the bridge, by channel and how they ended. BridgeDeadLetters fires for what was given up.',
      unit: 'suffix: /min',
      queries: {
        tries: {
          expr: promql`
            60 * sum by (channel, outcome) (
              rate(bridge_deliveries_total{${from.bridge}}[$__rate_interval])
            ) > 0`,
          legend: '{{channel}} {{outcome}}',
        },
      },
      min: 0,
      span: 6,
      whenEmpty: 'None sent',
    },
    {
      shows: 'graph',
      title: 'Delivery time',
      question: 'How long does a message take?',
      description: '95% of the messages were delivered within this time of their acceptance, by channel.',
      unit: 's',
      queries: {
        p95: {
          expr: promql`
            histogram_quantile(
              0.95,
              sum by (channel, le) (
                rate(bridge_delivery_latency_seconds_bucket{${from.bridge}}[$__rate_interval])
              )
            ) >= 0`,
          legend: '{{channel}}',
        },
      },
      min: 0,
      span: 6,
      whenEmpty: 'None sent',
    },
  ],
}
