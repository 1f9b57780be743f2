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
