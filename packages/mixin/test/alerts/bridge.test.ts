import { alertPromises } from '../engines/rule-promises.ts'

const up = 'up{job="alert-bridge", instance="alert-bridge:8090"}'
const bridge = { job: 'alert-bridge' }
const down = {
  labels: bridge,
  summary: 'The alert bridge is down',
  description: 'Prometheus cannot reach the alert bridge: nobody is told of alerts but by this direct mail.',
}

alertPromises('BridgeDown', {
  'fires when the bridge could not be reached for three minutes': {
    series: { [up]: '1x40 0x400' },
    silentAt: ['12m30s'],
    firesAt: { '13m': { ...down, since: '11m' } },
  },
  'fires when nobody knows of a bridge': {
    series: { 'up{job="prometheus"}': '1x400' },
    silentAt: ['1m30s'],
    firesAt: { '2m30s': { ...down, since: '0s' } },
  },
  'one failed scrape is nothing': { series: { [up]: '1x40 0 1x400' }, silentAt: ['10m30s', '13m'] },
})

alertPromises('BridgeDeliveryFailing', {
  'fires when the bridge gave up on a channel': {
    series: { 'bridge_breaker_open{job="alert-bridge", channel="slack"}': '0x40 1x400' },
    silentAt: ['12m'],
    firesAt: {
      '13m': {
        labels: { ...bridge, channel: 'slack' },
        summary: 'The alert bridge cannot deliver by slack',
        description: 'The bridge gave up on the channel slack for now. What waits is kept and is delivered when it can be.',
        since: '10m30s',
      },
    },
  },
  'fires when an alert waits for over five minutes': {
    series: { 'bridge_inbox_oldest_age_seconds{job="alert-bridge"}': '0x40 360x400' },
    firesAt: {
      '13m': {
        labels: bridge,
        summary: 'The alert bridge cannot deliver',
        description: 'An alert has been waiting in the bridge for 6m 0s. What waits is kept and is delivered when it can be.',
        since: '10m30s',
      },
    },
  },
})

alertPromises('BridgeDeadLetters', {
  'fires at once, also for the first there ever was': {
    series: { 'bridge_dead_letters_total{job="alert-bridge"}': '_x40 2x400' },
    silentAt: ['9m30s'],
    firesAt: {
      '10m': {
        labels: bridge,
        summary: 'The alert bridge could not deliver 2 messages',
        description: 'In the last 15 minutes the bridge gave up on 2 messages. They are kept and can be replayed.',
      },
    },
  },
  'old ones are no news': { series: { 'bridge_dead_letters_total{job="alert-bridge"}': '0 2x400' }, silentAt: ['60m'] },
})

const failing = { 'up{job="alertmanager", instance="a"}': '0x400', 'up{job="prometheus", instance="p"}': '0x400' }

alertPromises('CriticalWhileBridgeDown', {
  'fires when something critical fires and the bridge is away': {
    series: { [up]: '0x400', ...failing },
    silentAt: ['2m30s'],
    firesAt: {
      '3m': {
        summary: '2 critical alerts fire while the alert bridge is down',
        description: 'Critical now: TargetDown. The bridge cannot tell anybody of them; look at Alertmanager.',
        since: '2m',
      },
    },
  },
  'a dead bridge alone is told by BridgeDown': { series: { [up]: '0x400' }, silentAt: ['10m'] },
  'what is critical while the bridge is up is its business': { series: { [up]: '1x400', ...failing }, silentAt: ['10m'] },
})

alertPromises('Watchdog', {
  'always fires, from the first evaluation on, with the address of the runbooks': {
    series: {},
    firesAt: {
      '0s': {
        labels: { runbooks_url: 'http://runbooks.test' },
        summary: 'Alerting works',
        description: 'This alert always fires. When it stops coming, Prometheus, Alertmanager or the way between them is broken.',
      },
    },
  },
})
