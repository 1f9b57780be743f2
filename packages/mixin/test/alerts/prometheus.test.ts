import { alertPromises } from '../engines/rule-promises.ts'

const prometheus = { job: 'prometheus', instance: 'prometheus:9090' }
const alertmanager = { job: 'alertmanager', instance: 'alertmanager:9093' }
const of = (name: string, labels: Record<string, string>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')}}`

alertPromises('TargetDown', {
  'fires when a target was unreachable for most of five minutes, and for two more': {
    series: { [of('up', alertmanager)]: '1x40 0x400' },
    silentAt: ['12m30s', '14m'],
    firesAt: {
      '15m': {
        severity: 'critical',
        labels: alertmanager,
        summary: 'alertmanager is down',
        description:
          'Prometheus could not reach alertmanager at alertmanager:9093 most of the time in the last 5 minutes. ' +
          'Alerts may not fire or not be delivered.',
        since: '13m',
      },
    },
  },
  'is a warning where alerts do not depend on it': {
    series: { 'up{job="jaeger", instance="jaeger:8888"}': '0x400' },
    firesAt: {
      '10m': {
        severity: 'warning',
        labels: { job: 'jaeger', instance: 'jaeger:8888' },
        summary: 'jaeger is down',
        description:
          'Prometheus could not reach jaeger at jaeger:8888 most of the time in the last 5 minutes. Metrics and alerts continue without it.',
        since: '0s',
      },
    },
  },
  'is silent after one failed scrape': { series: { [of('up', alertmanager)]: '1x40 0 1x400' }, silentAt: ['11m', '13m'] },
  'is silent when an agent reports a service of the stack as down': {
    series: { 'up{job="swarmwatch/alertmanager", instance="alertmanager:9093"}': '0x400' },
    silentAt: ['10m'],
  },
  'is silent for the bridge, which has its own alert': {
    series: { [of('up', { job: 'alert-bridge' })]: '0x400' },
    silentAt: ['10m'],
  },
})

alertPromises('PrometheusRuleFailures', {
  'fires after five minutes of failures': {
    series: {
      [of('prometheus_rule_evaluation_failures_total', {
        ...prometheus,
        rule_group: '/etc/rules/agents.yaml;swarmwatch-agents',
      })]: '0+1x400',
    },
    silentAt: ['5m'],
    firesAt: {
      '6m': {
        labels: { ...prometheus, rule_group: '/etc/rules/agents.yaml;swarmwatch-agents' },
        summary: 'Rules of Prometheus fail',
        description:
          'Rules of swarmwatch-agents could not be evaluated 20 times in the last 5 minutes. Alerts that depend on them cannot fire.',
        since: '30s',
      },
    },
  },
})

alertPromises('PrometheusBadConfig', {
  'fires five minutes after the last good reload left the window': {
    series: { [of('prometheus_config_last_reload_successful', prometheus)]: '1x20 0x400' },
    silentAt: ['10m', '14m30s'],
    firesAt: {
      '15m30s': {
        labels: prometheus,
        summary: 'Prometheus uses an old configuration',
        description: 'Prometheus prometheus:9090 could not load its new configuration and keeps the previous one.',
        since: '10m',
      },
    },
  },
})

alertPromises('PrometheusNotConnectedToAlertmanager', {
  'fires when there was no Alertmanager for ten minutes': {
    series: { [of('prometheus_notifications_alertmanagers_discovered', prometheus)]: '0x400' },
    silentAt: ['4m30s'],
    firesAt: {
      '5m30s': {
        labels: prometheus,
        summary: 'Prometheus has no Alertmanager',
        description: 'Prometheus prometheus:9090 has no Alertmanager to send alerts to: no one is notified of any alert.',
        since: '0s',
      },
    },
  },
  'is silent with one Alertmanager': {
    series: { [of('prometheus_notifications_alertmanagers_discovered', prometheus)]: '1x400' },
    silentAt: ['20m'],
  },
})

alertPromises('AlertmanagerFailedReload', {
  'fires when the configuration could not be loaded': {
    series: { [of('alertmanager_config_last_reload_successful', alertmanager)]: '0x400' },
    silentAt: ['4m30s'],
    firesAt: {
      '5m30s': {
        labels: alertmanager,
        summary: 'Alertmanager uses an old configuration',
        description: 'Alertmanager alertmanager:9093 could not load its new configuration and keeps the previous one.',
        since: '0s',
      },
    },
  },
})

const webhook = { ...alertmanager, integration: 'webhook' }

alertPromises('AlertDeliveryFailing', {
  'fires when more than one in a hundred notifications fails, whatever the reason': {
    series: {
      [of('alertmanager_notifications_total', webhook)]: '0+4x400',
      [of('alertmanager_notifications_failed_total', { ...webhook, reason: 'serverError' })]: '0+1x400',
      [of('alertmanager_notifications_failed_total', { ...webhook, reason: 'other' })]: '0+1x400',
    },
    silentAt: ['5m'],
    firesAt: {
      '6m': {
        labels: webhook,
        summary: 'Alertmanager cannot deliver notifications by webhook',
        description: '50% of the notifications by webhook failed in the last 5 minutes.',
        since: '30s',
      },
    },
  },
  'is silent when there are no notifications': {
    series: {
      [of('alertmanager_notifications_total', webhook)]: '0x400',
      [of('alertmanager_notifications_failed_total', { ...webhook, reason: 'other' })]: '0x400',
    },
    silentAt: ['20m'],
  },
})

alertPromises('OtlpRejectedSamples', {
  'fires after fifteen minutes of rejected samples': {
    series: {
      [of('prometheus_tsdb_too_old_samples_total', { ...prometheus, type: 'float' })]: '0+15x400',
      [of('prometheus_tsdb_out_of_order_samples_total', { ...prometheus, type: 'float' })]: '0+1x400',
    },
    silentAt: ['15m'],
    firesAt: {
      '16m': {
        labels: prometheus,
        summary: 'Prometheus rejects samples',
        description:
          'Prometheus prometheus:9090 rejects 1.0 samples per second as too old or out of order: a Collector was unreachable for longer ' +
          'than the window, a clock is wrong, or two processes share one service.instance.id.',
        since: '30s',
      },
    },
  },
})

alertPromises('MetricCardinalityOverflow', {
  'fires when the SDK merges label values': {
    series: { 'agent_tokens_total{job="workers", otel_metric_overflow="true"}': '1x400' },
    silentAt: ['9m30s'],
    firesAt: {
      '10m': {
        labels: { job: 'workers' },
        summary: 'workers has too many label values',
        description:
          'In 1 metrics of workers, a label has more values than the SDK allows; the SDK counts the other values together.',
        since: '0s',
      },
    },
  },
})

alertPromises(
  'PrometheusHistoryShrinking',
  {
    'fires when the storage limit will be reached within a day': {
      every: '5m',
      series: {
        [of('prometheus_tsdb_storage_blocks_bytes', prometheus)]: '600+1x400',
        [of('prometheus_tsdb_retention_limit_bytes', prometheus)]: '1000x400',
      },
      silentAt: ['22h'],
      firesAt: {
        '24h': {
          labels: prometheus,
          summary: 'The storage of Prometheus is 88.8% full',
          description:
            'Prometheus prometheus:9090 uses 88.8% of its storage limit and will reach it within a day. ' +
            'From then on, it keeps less than 36 days of history.',
          since: '22h',
        },
      },
    },
    'nothing is forecast from less than a day': {
      every: '1m',
      series: {
        [of('prometheus_tsdb_storage_blocks_bytes', prometheus)]: '810+1x180 990x1200',
        [of('prometheus_tsdb_retention_limit_bytes', prometheus)]: '1000x1380',
      },
      silentAt: ['3h', '20h'],
      values: { 'prometheus:storage_fill:ratio_in_1d': { '3h': [], '21h': [] } },
    },
    'is silent without a storage limit': {
      every: '1m',
      series: {
        [of('prometheus_tsdb_storage_blocks_bytes', prometheus)]: '700+1x600',
        [of('prometheus_tsdb_retention_limit_bytes', prometheus)]: '0x600',
      },
      silentAt: ['3h'],
    },
  },
  { evaluationInterval: '4m' },
)
