import { alertPromises } from '../engines/rule-promises.ts'

const advisor = 'instance="advisor:8095", job="advisor"'
const forecastOf = (quantile: string): string =>
  `agent_forecast{agent_name="a", signal="executions", quantile="${quantile}", ${advisor}}`
/** A band from 60 to 140 around 100: its limits are 48 and 152. */
const band = { [forecastOf('0.001')]: '60x100', [forecastOf('0.5')]: '100x100', [forecastOf('0.999')]: '140x100' }
const runs = 'agent:executions:increase1h{agent_name="a", job="swarm/a"}'

const outside = (value: number): string =>
  `a ran ${value} times in the last hour. This is far outside of the forecast of the advisor, which knows its hours of the week.`

alertPromises('TrafficOutsideForecast', {
  'fires when an agent runs more often than its limit for half an hour': {
    every: '1m',
    series: { ...band, [runs]: '151x9 153x60' },
    silentAt: ['9m', '38m'],
    firesAt: {
      '42m': {
        labels: { agent_name: 'a' },
        job: 'swarm/a',
        summary: 'a ran 153 times in an hour, outside of its forecast',
        description: outside(153),
        since: '10m',
      },
    },
  },
  'fires when an agent runs less often than its limit': {
    every: '1m',
    series: { ...band, [runs]: '49x9 47x60' },
    silentAt: ['9m', '38m'],
    firesAt: {
      '42m': {
        labels: { agent_name: 'a' },
        job: 'swarm/a',
        summary: 'a ran 47 times in an hour, outside of its forecast',
        description: outside(47),
        since: '10m',
      },
    },
  },
  'is silent about an agent with few runs, and without a forecast': {
    every: '1m',
    series: {
      [forecastOf('0.001')]: '5x100',
      [forecastOf('0.5')]: '10x100',
      [forecastOf('0.999')]: '15x100',
      [runs]: '100x100',
      'agent:executions:increase1h{agent_name="b", job="swarm/b"}': '1000x100',
    },
    silentAt: ['90m'],
  },
})

const headroom = (resource: string): string => `swarm_capacity_headroom_ratio{resource="${resource}", ${advisor}}`

alertPromises('SwarmCapacityShort', {
  'fires when less than a tenth is free at the peak for an hour, not for the disk of Prometheus': {
    every: '1m',
    series: {
      [headroom('workers')]: '0.11x9 0.05x120',
      [headroom('quota:openai:gpt-5:requests')]: '-0.2x130',
      [headroom('prometheus_disk')]: '0.01x130',
    },
    silentAt: ['9m', '58m'],
    firesAt: {
      '61m': {
        labels: { resource: 'quota:openai:gpt-5:requests' },
        summary: 'quota:openai:gpt-5:requests is too small at the peak of the next 7 days',
        description:
          'At the predicted peak of the next 7 days, -20% of quota:openai:gpt-5:requests is free (95 % quantile); the limit is 10%.',
        since: '0m',
      },
    },
  },
  'fires for a resource that is nearly full': {
    every: '1m',
    series: { [headroom('workers')]: '0.11x9 0.05x120' },
    silentAt: ['9m', '68m'],
    firesAt: {
      '72m': {
        labels: { resource: 'workers' },
        summary: 'workers is nearly full at the peak of the next 7 days',
        description: 'At the predicted peak of the next 7 days, 5% of workers is free (95 % quantile); the limit is 10%.',
        since: '10m',
      },
    },
  },
})
