import { alertPromises } from '../engines/rule-promises.ts'

const up = 'up{job="alert-bridge", instance="alert-bridge:8090"}'
const bridge = { job: 'alert-bridge' }
const down = {
  labels: bridge,
  summary: 'The alert bridge is down',
  description: 'Prometheus cannot reach the alert bridge: direct mail is the only way that alerts reach anyone.',
}

alertPromises('BridgeDown', {
  'fires when the bridge could not be reached for three minutes': {
    series: { [up]: '1x40 0x400' },
    silentAt: ['12m30s'],
    firesAt: { '13m': { ...down, since: '11m' } },
  },
  'fires when there is no bridge': {
    series: { 'up{job="prometheus"}': '1x400' },
    silentAt: ['1m30s'],
    firesAt: { '2m30s': { ...down, since: '0s' } },
  },
  'is silent after one failed scrape': { series: { [up]: '1x40 0 1x400' }, silentAt: ['10m30s', '13m'] },
})

alertPromises('BridgeDeliveryFailing', {
  'fires when the bridge has paused a channel': {
    series: { 'bridge_breaker_open{job="alert-bridge", channel="slack"}': '0x40 1x400' },
    silentAt: ['12m'],
    firesAt: {
      '13m': {
        labels: { ...bridge, channel: 'slack' },
        summary: 'The alert bridge cannot deliver by slack',
        description: 'The bridge has paused the channel slack. Waiting messages are kept and will be delivered later.',
        since: '10m30s',
      },
    },
  },
  'fires when an alert has been waiting for more than five minutes': {
    series: { 'bridge_inbox_oldest_age_seconds{job="alert-bridge"}': '0x40 360x400' },
    firesAt: {
      '13m': {
        labels: bridge,
        summary: 'The alert bridge cannot deliver',
        description: 'An alert has been waiting in the bridge for 6m 0s. Waiting messages are kept and will be delivered later.',
        since: '10m30s',
      },
    },
  },
})

alertPromises('AlertsMissing', {
  'fires when the bridge has missed alerts for two minutes, also if only one of two bridges could ask Alertmanager': {
    series: {
      'bridge_alerts_missing{job="alert-bridge", instance="a"}': '0x40 2x400',
      'bridge_alerts_missing{job="alert-bridge", instance="b"}': '_x440',
    },
    silentAt: ['10m', '12m'],
    firesAt: {
      '13m': {
        labels: bridge,
        summary: 'Alerts that fire and never reached the bridge: 2',
        description:
          'Alertmanager has 2 alerts for the bridge that fire and are not muted, and the bridge has no incident with them. Something between them answered in place of the bridge, or a route sends them too late.',
        since: '10m30s',
      },
    },
  },
  'is silent while the bridge has them all, and without an address of Alertmanager': {
    series: { 'bridge_alerts_missing{job="alert-bridge"}': '0x100 _x100' },
    silentAt: ['20m', '40m'],
  },
})

alertPromises('AlertsUnacknowledged', {
  'fires a minute after a critical incident is unacknowledged for half an hour': {
    series: {
      'bridge_incidents_unacknowledged_oldest_age_seconds{job="alert-bridge", severity="critical"}': '0+15x400',
      'bridge_incidents_unacknowledged_oldest_age_seconds{job="alert-bridge", severity="warning"}': '9000x400',
    },
    silentAt: ['30m', '31m'],
    firesAt: {
      '32m': {
        labels: bridge,
        summary: 'No one has acknowledged a critical alert for 32m 0s',
        description:
          'The bridge notified people step by step, and no one acknowledged: they may not be reachable, or the escalation may notify the wrong people. The incident list of the bridge shows who was notified, and when.',
        since: '30m30s',
      },
    },
  },
  'is silent while critical incidents are acknowledged in time': {
    series: {
      'bridge_incidents_unacknowledged_oldest_age_seconds{job="alert-bridge", severity="critical"}': '0+15x110 0x290',
    },
    silentAt: ['30m', '40m', '2h'],
  },
})

alertPromises('BridgeDeadLetters', {
  'fires at once, also for the first dead letter': {
    series: { 'bridge_dead_letters_total{job="alert-bridge"}': '_x40 2x400' },
    silentAt: ['9m30s'],
    firesAt: {
      '10m': {
        labels: bridge,
        summary: 'The alert bridge could not deliver 2 messages',
        description: 'In the last 15 minutes, the bridge gave up on 2 messages. They are kept and can be replayed.',
      },
    },
  },
  'old ones are no news': { series: { 'bridge_dead_letters_total{job="alert-bridge"}': '0 2x400' }, silentAt: ['60m'] },
})

const running = {
  'up{job="alert-bridge", instance="b1"}': '1x600',
  'up{job="alert-bridge", instance="b2"}': '1x600',
  'up{job="alertmanager", instance="a1"}': '1x600',
  'up{job="alertmanager", instance="a2"}': '1x600',
  'bridge_start_time_seconds{job="alert-bridge", instance="b1"}': '-86400x600',
  'bridge_start_time_seconds{job="alert-bridge", instance="b2"}': '-86400x600',
  'process_start_time_seconds{job="alertmanager", instance="a1"}': '-86400x600',
  'process_start_time_seconds{job="alertmanager", instance="a2"}': '-86400x600',
}
const tookBy = (instance: string, receiver = 'bridge'): string =>
  `bridge_notifications_total{job="alert-bridge", instance="${instance}", receiver="${receiver}"}`
const sentBy = (instance: string, receiver = 'bridge'): string =>
  `alertmanager_notification_requests_total{job="alertmanager", instance="${instance}", integration="webhook", receiver_name="${receiver}"}`
const failedOf = (instance: string, receiver = 'bridge'): string =>
  sentBy(instance, receiver).replace('requests_total', 'requests_failed_total')
const none = { [failedOf('a1')]: '0x600', [failedOf('a2')]: '0x600' }
const lost = {
  labels: { receiver: 'bridge' },
  summary: 'Notifications sent and never received: 1',
  description:
    'Alertmanager counts 1 more notifications of its receiver bridge as delivered than all bridges received. Something between ' +
    'them answered in place of the bridge. Alertmanager does not send them again before its repeat interval.',
}

// 50 minutes at 15 s
alertPromises('NotificationsLost', {
  'fires when one of two Alertmanagers sent a notification that neither of two bridges received': {
    series: {
      ...running,
      ...none,
      [tookBy('b1')]: '5x170 6x430',
      [tookBy('b2')]: '9x600',
      [sentBy('a1')]: '8x170 10x430',
      [sentBy('a2')]: '6x600',
    },
    silentAt: ['45m30s'],
    firesAt: { '48m': { ...lost, since: '45m30s' } },
  },
  'is silent while all arrives, however it is spread, and counts failed requests on neither side': {
    series: {
      ...running,
      [failedOf('a1')]: '0x150 40x450',
      [failedOf('a2')]: '0x600',
      [tookBy('b1')]: '5x170 25x430',
      [tookBy('b2')]: '9x300 19x300',
      [sentBy('a1')]: '8x150 48x20 68x430',
      [sentBy('a2')]: '6x300 16x300',
    },
    silentAt: ['30m', '45m', '60m', '75m', '90m', '105m', '120m'],
  },
  'is silent when Alertmanager repeats what a bridge took, because it did not see the answer': {
    series: { ...running, ...none, [tookBy('b1')]: '5x170 7x430', [sentBy('a1')]: '5x170 6x430', [sentBy('a2')]: '0x600' },
    silentAt: ['45m', '60m', '75m', '90m', '120m'],
  },
  'is silent when a bridge starts again, with a counter that begins at 0': {
    series: {
      ...running,
      ...none,
      [tookBy('b1')]: '50x200 0x400',
      'bridge_start_time_seconds{job="alert-bridge", instance="b1"}': '-86400x200 3000x400',
      [sentBy('a1')]: '50x600',
      [sentBy('a2')]: '0x600',
    },
    silentAt: ['51m', '54m', '60m', '75m', '85m', '100m', '130m'],
  },
  'is silent when an Alertmanager starts again, and while one cannot be scraped': {
    series: {
      ...running,
      ...none,
      [tookBy('b1')]: '50x600',
      [sentBy('a1')]: '30x200 0x400',
      'process_start_time_seconds{job="alertmanager", instance="a1"}': '-86400x200 3000x400',
      [sentBy('a2')]: '20x300 _x20 20x280',
      'up{job="alertmanager", instance="a2"}': '1x300 0x20 1x280',
    },
    silentAt: ['51m', '54m', '60m', '76m', '81m', '90m', '110m', '130m'],
  },
  'is silent when a bridge is added or removed': {
    series: {
      ...running,
      ...none,
      'up{job="alert-bridge", instance="b2"}': '1x200 _x400',
      [tookBy('b1')]: '10x600',
      [tookBy('b2')]: '10x200 _x400',
      [sentBy('a1')]: '20x600',
      [sentBy('a2')]: '0x600',
    },
    silentAt: ['51m', '56m', '70m', '85m', '100m', '130m'],
  },
  'is silent about webhooks that are not the bridge': {
    series: {
      ...running,
      ...none,
      [tookBy('b1')]: '5x600',
      [sentBy('a1')]: '5x600',
      [sentBy('a2')]: '0x600',
      [sentBy('a1', 'elsewhere')]: '0x100 30x500',
      [failedOf('a1', 'elsewhere')]: '0x600',
    },
    silentAt: ['40m', '60m', '90m', '120m'],
  },
})

const connectFailures = 'bridge_database_failures_total{job="alert-bridge", instance="bridge-a:8090"}'

alertPromises('BridgeDatabaseFailing', {
  'fires when attempts to connect have failed for some minutes': {
    series: { [connectFailures]: '0x40 1+2x400' },
    silentAt: ['14m30s'],
    firesAt: {
      '15m30s': {
        labels: { ...bridge, instance: 'bridge-a:8090' },
        summary: 'The alert bridge cannot connect to its database',
        description:
          'For some minutes, attempts of bridge-a:8090 to connect to PostgreSQL have failed. While no bridge has a connection, ' +
          'Alertmanager keeps the alerts and sends them again.',
        since: '10m30s',
      },
    },
  },
  'is silent after a failover of a minute': {
    series: { [connectFailures]: '0x40 2 4 6 8 8x400' },
    silentAt: ['12m', '16m', '20m'],
  },
})

const failing = { 'up{job="alertmanager", instance="a"}': '0x400', 'up{job="prometheus", instance="p"}': '0x400' }

alertPromises('CriticalWhileBridgeDown', {
  'fires when a critical alert fires while the bridge is down': {
    series: { [up]: '0x400', ...failing },
    silentAt: ['2m30s'],
    firesAt: {
      '3m': {
        summary: '2 critical alerts fire while the alert bridge is down',
        description: 'Critical now: TargetDown. The bridge cannot notify anyone of them: look at Alertmanager.',
        since: '2m',
      },
    },
  },
  'only BridgeDown fires for a dead bridge alone': { series: { [up]: '0x400' }, silentAt: ['10m'] },
  'what is critical while the bridge is up is its business': { series: { [up]: '1x400', ...failing }, silentAt: ['10m'] },
})

alertPromises('Watchdog', {
  'always fires, from the first evaluation on, with the address of the runbooks': {
    series: {},
    firesAt: {
      '0s': {
        labels: { runbooks_url: 'http://runbooks.test' },
        summary: 'Alerting works',
        description:
          'This alert always fires. When it no longer arrives, Prometheus, Alertmanager or the connection between them is broken.',
      },
    },
  },
})
