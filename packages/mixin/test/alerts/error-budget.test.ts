import { executions, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const long = { every: '1m' }
const text = (times: string, left: string): { summary: string; description: string } => ({
  summary: `writer spends its error budget ${times} times too fast`,
  description: `writer (workers) should succeed in 95% of its runs. At this rate, the error budget of 30 days is used up in ${left}.`,
})

alertPromises(
  'AgentErrorBudgetBurn',
  {
    'pages when most of an hour fails': {
      ...long,
      series: executions({ success: '0+1x120 120x200', failure: '0x120 0+4x200' }),
      silentAt: ['2h', '2h16m'],
      firesAt: {
        '2h18m': { severity: 'critical', labels: writer, ...text('6.9', '4d 8h 53m 4s'), since: '2h16m' },
        '3h': [
          { severity: 'critical', labels: writer, ...text('19.9', '1d 12h 9m 22s'), since: '2h16m' },
          { severity: 'warning', labels: writer, ...text('13.2', '2d 6h 39m 22s'), since: '2h4m' },
        ],
      },
    },
    'warns when a tenth of the runs fails for hours': {
      ...long,
      series: executions({ success: '0+9x600', failure: '0+1x600' }),
      firesAt: { '8h': { severity: 'warning', labels: writer, ...text('2.0', '15d 0h 0m 0s'), since: '2m' } },
    },
    'is silent while failures stay within the objective': {
      ...long,
      series: executions({ success: '0+96x900', failure: '0+4x900' }),
      silentAt: ['1h', '6h'],
    },
    'is silent for an agent with too few runs per hour': {
      ...long,
      series: executions({ failure: '0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6 6 6 6 7 7 7 7 8x400' }),
      silentAt: ['30m', '1h', '2h'],
    },
    'resolves as soon as an agent has recovered': {
      ...long,
      series: executions({ success: '0x60 0+4x600', failure: '0+4x60 240x600' }),
      firesAt: {
        '1h': [
          { severity: 'critical', labels: writer, ...text('20.0', '1d 12h 0m 0s'), since: '6m' },
          { severity: 'warning', labels: writer, ...text('20.0', '1d 12h 0m 0s'), since: '6m' },
        ],
      },
      silentAt: ['1h6m', '2h', '6h'],
    },
  },
  { evaluationInterval: '2m' },
)
