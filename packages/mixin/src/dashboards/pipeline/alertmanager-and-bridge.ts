import { promql } from '../../promql.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'

/** From a firing alert to somebody who was told. */
export const alertmanagerAndBridge: readonly Row[] = [
  {
    title: 'Alertmanager',
    panels: [
      {
        shows: 'graph',
        title: 'How many alerts does Alertmanager hold?',
        description: 'Alerts by state: active, or suppressed because a silence or another alert mutes them.',
        unit: 'none',
        queries: { alerts: { expr: 'sum by (state) (alertmanager_alerts)', legend: '{{state}}' } },
        isStacked: true,
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'How many notifications does it send?',
        description: 'Notifications per second, by way: the webhook of the bridge, direct mail.',
        unit: 'ops',
        queries: {
          sent: {
            expr: promql`
              sum by (integration) (
                rate(alertmanager_notifications_total[$__rate_interval])
              ) > 0`,
            legend: '{{integration}}',
          },
        },
        min: 0,
        span: 8,
      },
      {
        shows: 'graph',
        title: 'Which notifications fail?',
        description: 'Failed share of the notifications of the last 5 minutes, by way. AlertDeliveryFailing tells people.',
        unit: 'percentunit',
        queries: {
          failed: {
            expr: promql`
              sum by (integration) (
                rate(alertmanager_notifications_failed_total[5m])
              )
                / (sum by (integration) (
                  rate(alertmanager_notifications_total[5m])
                ) > 0)`,
            legend: '{{integration}}',
          },
        },
        limits: limits.undeliveredAlerts,
        min: 0,
        max: 1,
        span: 8,
      },
    ],
  },
  {
    title: 'Alert bridge',
    panels: [
      {
        shows: 'number',
        title: 'Does the Watchdog arrive?',
        description:
          'Seconds since the alert that always fires reached the bridge. Beyond the limit the bridge itself raises the alarm.',
        unit: 's',
        queries: { age: { expr: 'max(bridge_watchdog_age_seconds)', legend: 'age' } },
        limits: limits.watchdogAge,
        min: 0,
        span: 6,
        height: 8,
      },
      {
        shows: 'graph',
        title: 'Who was told, and how did that go?',
        description:
          'Tries to deliver per second, by channel and how they ended. BridgeDeadLetters tells people of what was given up.',
        unit: 'ops',
        queries: {
          tries: {
            expr: promql`
              sum by (channel, outcome) (
                rate(bridge_deliveries_total[$__rate_interval])
              ) > 0`,
            legend: '{{channel}} {{outcome}}',
          },
        },
        min: 0,
        span: 6,
        whenEmpty: 'Nothing to tell',
      },
      {
        shows: 'graph',
        title: 'How long does a message take?',
        description: '95% of the messages were delivered within this time of their acceptance, by channel.',
        unit: 's',
        queries: {
          p95: {
            expr: promql`
              histogram_quantile(
                0.95,
                sum by (channel, le) (
                  rate(bridge_delivery_latency_seconds_bucket[$__rate_interval])
                )
              ) >= 0`,
            legend: '{{channel}}',
          },
        },
        min: 0,
        span: 6,
        whenEmpty: 'Nothing to tell',
      },
      {
        shows: 'graph',
        title: 'Does a message wait?',
        description: 'Age of the oldest message that is not delivered. BridgeDeliveryFailing tells people, by direct mail.',
        unit: 's',
        queries: { oldest: { expr: 'max by (instance) (bridge_inbox_oldest_age_seconds)', legend: '{{instance}}' } },
        limits: limits.inboxAge,
        min: 0,
        span: 6,
      },
    ],
  },
]
