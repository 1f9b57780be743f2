import { promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { jobIs } from '../series.ts'

const up = `up{${jobIs.bridge}}`
const rest = { category: 'bridge', dashboard: 'pipeline' } as const

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
