import { promql } from '../../promql.ts'
import { jobIs } from '../../series.ts'
import type { MixinSettings } from '../../settings.ts'
import { quantilePanel } from '../common-panels.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { legendOf, perMinute } from '../queries.ts'

/** From a firing alert to its recipient. */
export const alerting = ({ histograms }: MixinSettings): Row => ({
  title: 'Alerting',
  panels: [
    {
      shows: 'graph',
      title: 'How many alerts?',
      description: 'Alerts in Alertmanager by state: active, or suppressed by a silence or by another alert.',
      unit: 'none',
      queries: { alerts: { expr: `sum by (state) (alertmanager_alerts{${jobIs.alertmanager}})`, legend: '{{state}}' } },
      isStacked: true,
      min: 0,
      span: 4,
    },
    {
      shows: 'graph',
      title: 'Which notifications fail?',
      description:
        'Failed share of the notifications of Alertmanager in the last 5 minutes, by integration: the webhook of the bridge, or direct ' +
        'mail. AlertDeliveryFailing fires above the line.',
      unit: 'percentunit',
      queries: {
        failed: {
          expr: promql`
            sum by (integration) (
              rate(alertmanager_notifications_failed_total{${jobIs.alertmanager}}[5m])
            )
              / (sum by (integration) (
                rate(alertmanager_notifications_total{${jobIs.alertmanager}}[5m])
              ) > 0)`,
          legend: '{{integration}}',
        },
      },
      limits: limits.undeliveredAlerts,
      min: 0,
      span: 5,
      whenEmpty: 'None sent',
    },
    {
      shows: 'graph',
      title: 'Which channels work?',
      description:
        'Deliveries of the bridge, by channel and outcome. BridgeDeadLetters fires for messages that cannot be delivered.',
      unit: 'suffix: /min',
      queries: {
        tries: {
          expr: `${perMinute(`bridge_deliveries_total{${jobIs.bridge}}`, ['channel', 'outcome'])} > 0`,
          legend: legendOf(['channel', 'outcome']),
        },
      },
      min: 0,
      span: 5,
      whenEmpty: 'None sent',
    },
    {
      shows: 'graph',
      title: 'Are other regions there?',
      description:
        'Time since the last heartbeat of each other region that this bridge watches. RegionSilent is reported at the limit in ' +
        'BRIDGE_WATCHED_PEERS (180 s without one); 0 or 1 is whether it is reported now.',
      unit: 's',
      queries: {
        age: { expr: `max by (peer) (bridge_peer_age_seconds{${jobIs.bridge}})`, legend: '{{peer}}' },
        silent: { expr: `max by (peer) (bridge_peer_silent{${jobIs.bridge}})`, legend: '{{peer}} reported' },
      },
      min: 0,
      span: 5,
      whenEmpty: 'No region is watched',
    },
    quantilePanel({
      title: 'How long is a delivery?',
      description: '95% of the messages were delivered within this time after the bridge accepted them, by channel.',
      mode: histograms,
      histogram: 'bridge_delivery_latency_seconds',
      of: `{${jobIs.bridge}}`,
      by: 'channel',
      span: 5,
      whenEmpty: 'None sent',
    }),
    {
      shows: 'graph',
      title: 'Which bridges miss their database?',
      description:
        'Attempts of bridges to connect to PostgreSQL that failed. BridgeDatabaseFailing fires after some minutes of them.',
      unit: 'suffix: /min',
      queries: {
        failures: { expr: perMinute(`bridge_database_failures_total{${jobIs.bridge}}`, ['instance']), legend: '{{instance}}' },
      },
      min: 0,
      span: 8,
      whenEmpty: 'No bridge uses PostgreSQL',
    },
    {
      shows: 'graph',
      title: 'How late is their database?',
      description:
        'Seconds that calls of a bridge wait for a connection, in each second: above 1, at least one always waits. And the lag of the ' +
        'slowest standby, if the role of the bridges may read it.',
      unit: 's',
      queries: {
        wait: {
          expr: `sum by (instance) (rate(bridge_database_wait_seconds_total{${jobIs.bridge}}[$__rate_interval]))`,
          legend: '{{instance}} waits',
        },
        lag: { expr: `max by (job) (bridge_database_standby_lag_seconds{${jobIs.bridge}})`, legend: 'standby' },
      },
      min: 0,
      span: 8,
      whenEmpty: 'No bridge uses PostgreSQL',
    },
    {
      shows: 'graph',
      title: 'How large is their database?',
      description:
        'Size of the tables of the bridges in PostgreSQL, with their indexes. Delivered alerts are deleted after 30 days.',
      unit: 'bytes',
      queries: { size: { expr: `max by (job) (bridge_database_size_bytes{${jobIs.bridge}})`, legend: 'tables' } },
      min: 0,
      span: 8,
      whenEmpty: 'No bridge uses PostgreSQL',
    },
  ],
})
