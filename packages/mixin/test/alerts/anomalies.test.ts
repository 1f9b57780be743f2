import { counter, executions, matchers, writer } from './agent-series.ts'
import { alertPromises, type Firing } from '../engines/rule-promises.ts'

// A value every five minutes
const hours = (count: number): number => count * 12
const days = (count: number): number => hours(24) * count
const agent = (agent_name: string, ...values: readonly (readonly [number, number])[]): Record<string, string> =>
  executions({ success: counter(...values) }, { ...writer, agent_name })
const unusual = (agent_name: string, value: string, usual: string): Firing => ({
  labels: { ...writer, agent_name, signal: 'executions' },
  summary: `executions of ${agent_name} is unusual`,
  description: `executions of ${agent_name} (workers) in the last 26 minutes: ${value}. Usual at this hour of the week: ${usual}.`,
})

/** Three runs a minute, nine hours on five days of a week. */
const officeWeek = [
  ...[1, 2, 3, 4, 5].flatMap((): [number, number][] => [
    [hours(9), 15],
    [hours(15), 0],
  ]),
  [days(2), 0] as [number, number],
]

alertPromises(
  'AgentAnomaly',
  {
    'fires when there are far fewer or far more runs than at this time last week, not for few runs or in the first week': {
      every: '5m',
      series: {
        ...agent('fewer', [days(9), 15], [hours(9), 5]),
        ...agent('more', [days(9), 15], [hours(9), 50]),
        ...agent('rare', [days(9), 1], [hours(9), 4]),
        ...agent('new', [days(3), 0], [days(6), 15], [hours(9), 0]),
      },
      silentAt: ['73h', '100h', '168h', '216h'],
      firesAt: { '217h': [unusual('fewer', '26', '72.8'), unusual('more', '260', '78')] },
      values: {
        'agent:anomaly_weeks:count{agent_name="fewer"}': {
          '100h': [{ labels: matchers({ ...writer, agent_name: 'fewer' }), value: 0 }],
          '217h': [{ labels: matchers({ ...writer, agent_name: 'fewer' }), value: 1 }],
        },
      },
    },
    'weeks of office work are usual, a Monday without runs is not, and what stays becomes usual': {
      every: '5m',
      series: {
        ...agent('office', ...officeWeek, ...officeWeek, [hours(9), 0]),
        ...agent('moved', [days(9), 15], [days(6), 50]),
      },
      silentAt: ['1h', '10h', '49h', '122h', '130h', '169h', '178h', '200h', '300h', '310h', '336h'],
      firesAt: { '217h': unusual('moved', '260', '78'), '338h': unusual('office', '0', '78') },
    },
  },
  { evaluationInterval: '10m' },
)

const duration = matchers({ ...writer, signal: 'duration' })

alertPromises(
  'AgentDrift',
  {
    'fires when runs have become longer from day to day': {
      every: '30m',
      series: { [`agent:anomaly_level:4d${duration}`]: '1x720 1.6x100', [`agent:anomaly_normal:recent${duration}`]: '4x820' },
      silentAt: ['300h', '360h'],
      firesAt: {
        '366h': {
          labels: { ...writer, signal: 'duration' },
          summary: 'duration of writer has moved to 160% of its usual value',
          description: 'duration of writer (workers) was 160% of the same hours of the last four weeks, over four days.',
        },
      },
    },
    'needs two weeks of history': {
      every: '30m',
      series: { [`agent:anomaly_level:4d${duration}`]: '1.6x600', [`agent:anomaly_normal:recent${duration}`]: '4x600' },
      silentAt: ['100h', '300h'],
    },
  },
  { evaluationInterval: '2h' },
)
