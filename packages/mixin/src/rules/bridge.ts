import { duration, promql } from '../promql.ts'
import type { Alert, Recording } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { jobIs, service } from '../series.ts'

const up = `up{${jobIs.bridge}}`
const rest = { category: 'bridge', dashboard: 'pipeline' } as const

const { lostNotifications } = ruleThresholds
const quiet = duration(lostNotifications.quietSeconds)
const lookBack = duration(lostNotifications.lookBackSeconds)
const received = `bridge_notifications_total{${jobIs.bridge}}`
const ends = `job=~"${service.bridge}|${service.alertmanager}"`
const webhook = `{${jobIs.alertmanager}, integration="webhook"}`
/** By the receiver, which has another label in the metrics of Alertmanager. */
const byReceiver = (query: string): string =>
  `label_replace(sum by (receiver_name) (${query}), "receiver", "$1", "receiver_name", "(.+)")`
const accepted = promql`
  ${byReceiver(`alertmanager_notification_requests_total${webhook}`)}
  - on (receiver)
  ${byReceiver(`alertmanager_notification_requests_failed_total${webhook}`)}`

/**
 * For each receiver, the notifications that all bridges have taken, minus those that all Alertmanagers count as taken. While nothing was
 * sent for a moment and all of them could be scraped, the value is exact: it rises when an Alertmanager repeats what a bridge has taken
 * already, and falls only when a notification is lost.
 */
export const bridgeRecordings: readonly Recording[] = [
  {
    record: 'bridge:notification_balance:settled',
    expr: promql`
      (
        sum by (receiver) (${received})
        - on (receiver)
        (
          ${accepted}
        )
      )
      and on (receiver)
      sum by (receiver) (changes(${received}[${quiet}])) == 0
      and on (receiver)
      ${byReceiver(`changes(alertmanager_notification_requests_total${webhook}[${quiet}])`)} == 0
      and on ()
      min (up{${ends}}) == 1`,
  },
]

/** The recorded series, which has no job; series that agents push always have one. */
const settled = 'bridge:notification_balance:settled{job=""}'

/** A counter begins at 0 again when its process does, so that the time before a start cannot be compared with the time after it. */
const lostExpression = promql`
  (
    max_over_time(${settled}[${lookBack}])
    - ${settled}
  ) > 0
  and on ()
  time() - max (
    bridge_start_time_seconds{${jobIs.bridge}}
    or
    process_start_time_seconds{${jobIs.alertmanager}}
  ) > ${lostNotifications.lookBackSeconds + lostNotifications.quietSeconds}
  and on ()
  (
    count (up{${ends}})
    ==
    count (up{${ends}} offset ${duration(lostNotifications.lookBackSeconds + lostNotifications.quietSeconds)})
  )`

/** The alert bridge itself has a problem. Alertmanager sends these alerts directly by mail. */
export const bridgeAlerts: readonly Alert[] = [
  {
    ...rest,
    alert: 'BridgeDown',
    severity: 'critical',
    expr: promql`
      max by (job) (max_over_time(${up}[1m])) < 1
      or
      absent(${up})`,
    forSeconds: 120,
    summary: 'The alert bridge is down',
    description: 'Prometheus cannot reach the alert bridge: direct mail is the only way that alerts reach anyone.',
    identity: ['job'],
  },
  {
    ...rest,
    alert: 'BridgeDeliveryFailing',
    severity: 'critical',
    expr: promql`
      max by (job, channel) (bridge_breaker_open{${jobIs.bridge}}) > 0
      or
      max by (job) (bridge_inbox_oldest_age_seconds{${jobIs.bridge}}) > ${ruleThresholds.bridge.oldestSeconds}`,
    forSeconds: 120,
    keepFiringForSeconds: 300,
    summary: 'The alert bridge cannot deliver{{ with $labels.channel }} by {{ . }}{{ end }}',
    description:
      '{{ if $labels.channel }}The bridge has paused the channel {{ $labels.channel }}.' +
      '{{ else }}An alert has been waiting in the bridge for {{ $value | humanizeDuration }}.{{ end }} ' +
      'Waiting messages are kept and will be delivered later.',
    identity: ['job', 'channel'],
  },
  {
    ...rest,
    alert: 'BridgeDeadLetters',
    severity: 'warning',
    expr: promql`
      sum by (job) (increase(bridge_dead_letters_total{${jobIs.bridge}}[15m])) > 0
      or
      sum by (job) (
        bridge_dead_letters_total{${jobIs.bridge}}
        unless
        bridge_dead_letters_total{${jobIs.bridge}} offset 15m
      ) > 0`,
    forSeconds: 0,
    keepFiringForSeconds: 300,
    summary: 'The alert bridge could not deliver {{ $value | printf "%.0f" }} messages',
    description:
      'In the last 15 minutes, the bridge gave up on {{ $value | printf "%.0f" }} messages. They are kept and can be replayed.',
    identity: ['job'],
  },
  {
    ...rest,
    alert: 'NotificationsLost',
    severity: 'critical',
    expr: lostExpression,
    forSeconds: lostNotifications.forSeconds,
    keepFiringForSeconds: lostNotifications.lookBackSeconds,
    summary: 'Notifications sent and never received: {{ $value | printf "%.0f" }}',
    description:
      'Alertmanager counts {{ $value | printf "%.0f" }} more notifications of its receiver {{ $labels.receiver }} as delivered than ' +
      'all bridges received. Something between them answered in place of the bridge. Alertmanager does not send them again before ' +
      'its repeat interval.',
    identity: ['receiver'],
  },
  {
    ...rest,
    alert: 'AlertsMissing',
    severity: 'critical',
    expr: promql`max by (job) (bridge_alerts_missing{${jobIs.bridge}}) > 0`,
    forSeconds: ruleThresholds.missingAlerts.forSeconds,
    keepFiringForSeconds: 300,
    summary: 'Alerts that fire and never reached the bridge: {{ $value | printf "%.0f" }}',
    description:
      'Alertmanager has {{ $value | printf "%.0f" }} alerts for the bridge that fire and are not muted, and the bridge has no ' +
      'incident with them. Something between them answered in place of the bridge, or a route sends them too late.',
    identity: ['job'],
  },
  {
    ...rest,
    alert: 'AlertsUnacknowledged',
    severity: 'critical',
    expr: promql`
      max by (job) (
        bridge_incidents_unacknowledged_oldest_age_seconds{${jobIs.bridge}, severity="critical"}
      ) > ${ruleThresholds.unacknowledged.olderThanSeconds}`,
    forSeconds: ruleThresholds.unacknowledged.forSeconds,
    summary: 'No one has acknowledged a critical alert for {{ $value | humanizeDuration }}',
    description:
      'The bridge notified people step by step, and no one acknowledged: they may not be reachable, or the escalation may notify the ' +
      'wrong people. The incident list of the bridge shows who was notified, and when.',
    identity: ['job'],
  },
  {
    ...rest,
    alert: 'BridgeDatabaseFailing',
    severity: 'warning',
    expr: promql`sum by (job, instance) (rate(bridge_database_failures_total{${jobIs.bridge}}[2m])) > 0`,
    forSeconds: 300,
    keepFiringForSeconds: 300,
    summary: 'The alert bridge cannot connect to its database',
    description:
      'For some minutes, attempts of {{ $labels.instance }} to connect to PostgreSQL have failed. While no bridge has a connection, ' +
      'Alertmanager keeps the alerts and sends them again.',
    identity: ['job', 'instance'],
  },
  {
    ...rest,
    alert: 'CriticalWhileBridgeDown',
    severity: 'critical',
    expr: promql`
      count (
        ALERTS{alertstate="firing", severity="critical", category!="bridge"}
      ) > 0
      and on ()
      (
        max (max_over_time(${up}[1m])) < 1
        or
        absent(${up})
      )`,
    forSeconds: 60,
    summary: '{{ $value }} critical alerts fire while the alert bridge is down',
    description:
      'Critical now:{{ with query `group by (alertname) (ALERTS{alertstate="firing", severity="critical", category!="bridge"})` }}' +
      '{{ range $i, $_ := . }}{{ if $i }},{{ end }} {{ .Labels.alertname }}{{ end }}{{ end }}. ' +
      'The bridge cannot notify anyone of them: look at Alertmanager.',
    identity: [],
  },
]
