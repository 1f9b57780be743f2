import { executions, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const minutely = { every: '1m' }
const { agent_name: _, ...job } = writer

alertPromises(
  'AgentTrafficStopped',
  {
    'fires when an agent that was busy yesterday at this hour has no runs any more': {
      ...minutely,
      series: executions({ success: '0x60 0+1x60 60x1500' }),
      silentAt: ['25h', '25h40m'],
      firesAt: {
        '25h50m': {
          labels: writer,
          summary: 'writer has no runs any more',
          description: 'writer (workers) has not finished a run in the last hour; in the same hour yesterday it finished 49.',
        },
      },
    },
    'keeps firing for an agent that has disappeared': {
      ...minutely,
      series: executions({ success: '0+1x1440 _x3000', failure: '0x1440 _x3000', cancelled: '0x1440 _x3000' }),
      firesAt: {
        '26h': stopped('60'),
        '36h': stopped('60'),
        '47h': stopped('60'),
      },
    },
    'is silent after exactly twenty executions yesterday': {
      ...minutely,
      series: executions({ success: '0x60 0+1x20 20x1500' }),
      silentAt: ['25h', '26h'],
    },
    'is silent after one run in this hour': {
      ...minutely,
      series: executions({ success: '0x60 0+1x60 60x1400 61x400' }),
      silentAt: ['25h40m', '26h'],
    },
    'counts cancelled runs as runs': {
      ...minutely,
      series: executions({ success: '0x60 0+1x60 60x1500', cancelled: '0+1x2000' }),
      silentAt: ['25h40m', '26h'],
    },
  },
  { evaluationInterval: '10m' },
)

function stopped(count: string): { labels: typeof writer; summary: string; description: string } {
  return {
    labels: writer,
    summary: 'writer has no runs any more',
    description: `writer (workers) has not finished a run in the last hour; in the same hour yesterday it finished ${count}.`,
  }
}

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
