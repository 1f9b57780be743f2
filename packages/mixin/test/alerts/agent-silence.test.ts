import { counter, executions, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const minutely = { every: '1m' }
const { agent_name: _, ...job } = writer

// A value every five minutes
const days = (count: number): number => count * 288
const fiveMinutely = { every: '5m' }
const stopped = {
  labels: writer,
  summary: 'writer has no runs any more',
  description: 'writer (workers) finishes no runs; at this time in the last two weeks it finished 150.',
}

alertPromises(
  'AgentTrafficStopped',
  {
    'fires when an agent that was busy at this time last week has no runs any more': {
      ...fiveMinutely,
      series: executions({ success: counter([days(8), 50], [300, 0]) }),
      silentAt: ['100h', '192h', '193h'],
      firesAt: { '194h': stopped },
    },
    'a day of the week without runs is no stop, but the day after it can be one': {
      ...fiveMinutely,
      series: executions({ success: counter([days(5), 50], [days(2), 0], [days(5), 50], [days(3), 0]) }),
      // The second weekend, which the first predicts; and Monday, when the runs do not come back
      silentAt: ['122h', '289h', '300h', '335h', '337h'],
      firesAt: { '338h': stopped },
    },
    'fires for an agent that has disappeared, for a day': {
      ...fiveMinutely,
      series: executions({ success: counter([days(8), 50]) + ' _x900', failure: '0x2303 _x900', cancelled: '0x2303 _x900' }),
      silentAt: ['218h', '240h'],
      firesAt: { '194h': stopped, '215h': stopped },
    },
    'needs a week of history': {
      ...fiveMinutely,
      series: executions({ success: counter([days(3), 50], [days(2), 0]) }),
      silentAt: ['73h', '96h'],
    },
    'is silent for an agent with few runs': {
      ...fiveMinutely,
      series: executions({ success: counter([days(8), 1.5], [300, 0]) }),
      silentAt: ['193h', '194h', '196h'],
    },
    'is silent while there are a few runs': {
      ...fiveMinutely,
      series: executions({ success: counter([days(8), 50], [300, 1]) }),
      silentAt: ['194h', '196h'],
    },
    'counts cancelled runs as runs': {
      ...fiveMinutely,
      series: executions({ success: counter([days(8), 50], [300, 0]), cancelled: counter([days(9), 50]) }),
      silentAt: ['194h', '196h'],
    },
  },
  { evaluationInterval: '1h' },
)

const absent = {
  labels: job,
  summary: 'workers sends no metrics',
  description:
    'No process of workers sends metrics, although one did within the last day: the processes are down, or their telemetry does not arrive. ' +
    'No other alert about its agents can fire.',
}
const gone = { success: '0+1x60 _x3000', failure: '0x60 _x3000', cancelled: '0x60 _x3000' }

alertPromises(
  'AgentTelemetryAbsent',
  {
    'fires 15 minutes after the last series of a job has disappeared': {
      ...minutely,
      series: executions(gone),
      silentAt: ['1h', '1h20m'],
      firesAt: { '1h24m': { ...absent, since: '1h8m' } },
    },
    'a job that disappears permanently stays alerted for the day': {
      ...minutely,
      series: executions(gone),
      firesAt: { '12h': { ...absent, since: '1h8m' }, '24h50m': { ...absent, since: '1h8m' } },
    },
    'one process of several may end without an alert': {
      ...minutely,
      series: { ...executions(gone, { ...writer, instance: 'a' }), ...executions({}, { ...writer, instance: 'b' }) },
      silentAt: ['2h'],
    },
    'an idle job is there': { ...minutely, series: executions({}), silentAt: ['2h', '6h'] },
    'one job is absent while another is there': {
      ...minutely,
      series: { ...executions(gone), ...executions({ success: '0+1x3000' }, { ...writer, job: 'others' }) },
      firesAt: { '2h': { ...absent, since: '1h8m' } },
    },
  },
  { evaluationInterval: '4m' },
)
