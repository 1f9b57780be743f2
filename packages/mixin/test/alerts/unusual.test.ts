import { executions, fleet, matchers, writer } from './agent-series.ts'
import { alertPromises, type Firing } from '../engines/rule-promises.ts'

const active = (values: string): Record<string, string> => ({ [`active_executions${matchers(writer)}`]: values })
const durationSum = (values: string): Record<string, string> => ({
  [`agent_execution_duration_seconds_sum${matchers({ ...writer, outcome: 'success' })}`]: values,
})

alertPromises(
  'AgentAnomaly',
  {
    'says when there are far more runs than on the day before': {
      every: '1m',
      series: executions({ success: '0+1x1500 1500+10x200' }),
      silentAt: ['24h', '25h20m'],
      firesAt: {
        '26h': {
          labels: { ...writer, signal: 'executions' },
          summary: 'executions of writer is unusual',
          description: 'executions of writer (workers) in the last hour: 600. The mean hour of the last day: 72.93.',
        },
      },
    },
    'says nothing in the first day': {
      every: '1m',
      series: executions({ success: '0+1x600 600+10x200' }),
      silentAt: ['10h40m', '12h'],
    },
    'says nothing of an agent that hardly runs': {
      every: '1m',
      series: executions({ success: '0x1500 0 1 2 3 4 5 6 7 8x200' }),
      silentAt: ['25h30m', '26h'],
    },
  },
  { evaluationInterval: '10m' },
)

const variant = (name: string, success: string, failure: string): Record<string, string> =>
  executions({ success, failure }, { ...writer, swarmwatch_variant: name })
const compared = (name: string, more: string, better: string, z: string): Firing => ({
  labels: { ...writer, swarmwatch_variant: name },
  summary: `Variant ${name} of writer succeeds ${more} often than the others`,
  description:
    `Over the last day variant ${name} of writer (workers) did ${better} than the others by more than chance explains (z = ${z}). ` +
    'Looking often finds differences that are not there: decide before the test how long it runs.',
})

alertPromises('AgentVariantDiffers', {
  'compares variants with each other': {
    every: '1m',
    series: { ...variant('a', '0+9x400', '0+1x400'), ...variant('b', '0+7x400', '0+3x400') },
    silentAt: ['40m'],
    firesAt: {
      '1h': [
        { ...compared('a', 'more', 'better', '8.5'), since: '12m30s' },
        { ...compared('b', 'less', 'worse', '-8.5'), since: '12m30s' },
      ],
    },
    values: {
      'agent:variant_success_ratio:1d': {
        '1h': [
          { labels: matchers({ ...writer, swarmwatch_variant: 'a' }), value: 0.9 },
          { labels: matchers({ ...writer, swarmwatch_variant: 'b' }), value: 0.7 },
        ],
      },
    },
  },
  'variants that do alike differ in nothing': {
    every: '1m',
    series: { ...variant('a', '0+9x400', '0+1x400'), ...variant('b', '0+9x400', '0+1x400') },
    silentAt: ['2h'],
  },
  'a few runs prove nothing': {
    series: { ...variant('a', '0+1x40 40x400', '0x400'), ...variant('b', '0x400', '0+1x40 40x400') },
    silentAt: ['1h'],
  },
  'an agent without variants is compared with nothing': {
    series: executions({ success: '0+1x400', failure: '0+1x400' }),
    silentAt: ['1h'],
  },
})

alertPromises(
  'AgentActiveExecutionsLeak',
  {
    'says when more is under way than arrivals and durations explain': {
      every: '1m',
      series: { ...active('20x400'), ...durationSum('0+300x400') },
      silentAt: ['30m'],
      firesAt: {
        '1h': {
          labels: writer,
          summary: 'writer has 20 runs under way, more than its traffic explains',
          description:
            'writer (workers) has 20 runs under way on average. Arrivals times duration explain less than a third of them: ' +
            'some runs never end, or became much longer.',
          since: '4m',
        },
      },
    },
    'as many as expected is no leak': {
      every: '1m',
      series: { ...active('20x400'), ...durationSum('0+1200x400') },
      silentAt: ['2h'],
    },
    'four are too few to tell': { every: '1m', series: { ...active('4x400'), ...durationSum('0+30x400') }, silentAt: ['2h'] },
  },
  { evaluationInterval: '4m' },
)

alertPromises(
  'SwarmTrafficGrowing',
  {
    'says when a week has half as much again as the one before': {
      every: '30m',
      series: { [`swarm:executions:rate5m${matchers(fleet)}`]: '1x336 2x340' },
      silentAt: ['240h'],
      firesAt: {
        '334h': {
          labels: fleet,
          summary: 'The swarm runs 2.0 times as much as last week',
          description:
            'The swarm ran 2.0 times as much in the last 7 days as in the 7 days before. ' +
            'See whether workers, quotas of the models and the budget are still enough.',
        },
      },
    },
    'nothing is forecast from less than a day': {
      every: '10m',
      // Rises by 100 a second within three hours: a line through it would forecast thousands
      series: { [`swarm:executions:rate5m${matchers(fleet)}`]: '0+6x18 100x200' },
      silentAt: ['10h'],
      values: {
        'swarm:executions:rate5m_in_7d': {
          '3h': [],
          '23h': [],
          '26h': [{ labels: matchers(fleet), value: 309.041361 }],
        },
      },
    },
    'weeks are compared only when there were two of them': {
      every: '30m',
      // A slow start of six hours: against that alone, the second week would have grown by three quarters
      series: { [`swarm:executions:rate5m${matchers(fleet)}`]: '1x12 2x700' },
      silentAt: ['180h', '240h', '300h'],
      values: {
        'swarm:executions:weekly_growth': {
          '176h': [],
          '310h': [],
          '334h': [{ labels: matchers(fleet), value: 1.019908 }],
        },
      },
    },
    'a swarm in its first week grows from nothing': {
      every: '2m',
      series: executions({ success: '0+1x2000' }),
      silentAt: ['50h'],
    },
  },
  { evaluationInterval: '2h' },
)
