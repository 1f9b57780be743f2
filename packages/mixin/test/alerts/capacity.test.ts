import { executions, fleet, matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const active = (values: string): Record<string, string> => ({ [`active_executions${matchers(writer)}`]: values })
const durationSum = (values: string): Record<string, string> => ({
  [`agent_execution_duration_seconds_sum${matchers({ ...writer, outcome: 'success' })}`]: values,
})

alertPromises(
  'AgentActiveExecutionsLeak',
  {
    'fires when more runs are active than arrivals and durations explain': {
      every: '1m',
      series: { ...active('20x400'), ...durationSum('0+300x400') },
      silentAt: ['30m'],
      firesAt: {
        '1h': {
          labels: writer,
          summary: 'writer has 20 active runs, more than its traffic explains',
          description:
            'writer (workers) has 20 active runs on average. Arrivals times duration explain less than a third of them: ' +
            'some runs never end, or became much longer.',
          since: '4m',
        },
      },
    },
    'is silent when the number of active runs is as expected': {
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
    'fires when a week has more than 1.5 times the runs of the week before': {
      every: '30m',
      series: { [`swarm:executions:rate5m${matchers(fleet)}`]: '1x336 2x340' },
      silentAt: ['240h'],
      firesAt: {
        '334h': {
          labels: fleet,
          summary: 'The swarm has 2.0 times as many runs as last week',
          description:
            'The swarm had 2.0 times as many runs in the last 7 days as in the 7 days before. ' +
            'Check whether workers, model quotas and the budget are still sufficient.',
        },
      },
    },
    'expects the peak of the last week again, and nothing with less than a day of data': {
      every: '30m',
      // A peak of six hours each day: at the end of one, a line through the week would rise
      series: {
        [`swarm:executions:rate5m${matchers(fleet)}`]: Array.from({ length: 10 }, () => '1x35 4x11').join(' '),
      },
      silentAt: ['100h'],
      values: {
        'swarm:executions:peak_next_7d': {
          '3h': [],
          '100h': [{ labels: matchers(fleet), value: 4 }],
          '192h': [{ labels: matchers(fleet), value: 4 }],
        },
      },
    },
    'compares weeks only with two weeks of data': {
      every: '30m',
      // A slow start of six hours: against that alone, the second week would have grown by three
      // quarters
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
    'is silent in the first week of a swarm': {
      every: '2m',
      series: executions({ success: '0+1x2000' }),
      silentAt: ['50h'],
    },
  },
  { evaluationInterval: '2h' },
)
