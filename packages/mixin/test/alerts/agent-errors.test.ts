import { executions, matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const reasons = {
  [`agent_failures_total${matchers({ ...writer, error_type: '429' })}`]: '0x20 0+3x400',
  [`agent_failures_total${matchers({ ...writer, error_type: 'timeout' })}`]: '0x20 0+1x400',
}
const critical = {
  labels: writer,
  summary: 'writer fails 75% of its runs',
  description: 'writer (workers) failed 75% of its runs in the last 5 minutes; the limit is 50%. Errors: 429, timeout.',
}

alertPromises('AgentErrorRateCritical', {
  'fires after two minutes above the limit, and not a step before': {
    series: { ...executions({ success: '0+1x400', failure: '0+3x400' }), ...reasons },
    // 5 executions at 0:30, so pending from then on
    silentAt: ['2m'],
    firesAt: {
      '2m30s': {
        labels: writer,
        summary: 'writer fails 75% of its runs',
        description: 'writer (workers) failed 75% of its runs in the last 5 minutes; the limit is 50%.',
        since: '30s',
      },
      '10m': { ...critical, since: '30s' },
    },
  },
  'fires on the first failures of an agent': {
    series: executions({ failure: '0x40 1 2 3 4 5 6x400' }),
    silentAt: ['10m', '13m'],
    firesAt: {
      '13m30s': {
        labels: writer,
        summary: 'writer fails 100% of its runs',
        description: 'writer (workers) failed 100% of its runs in the last 5 minutes; the limit is 50%.',
        since: '11m30s',
      },
    },
  },
  'does not page for one failure of one run': {
    series: executions({ failure: '0x20 1x400' }),
    silentAt: ['6m', '8m', '10m', '20m'],
  },
  'is silent when exactly half of the runs fail': {
    series: executions({ success: '0+2x400', failure: '0+2x400' }),
    silentAt: ['5m', '10m', '30m'],
  },
  'is silent when a counter restarts at 0': {
    series: executions({ success: '0+4x40 0+4x400', failure: '0+1x40 0+1x400' }),
    silentAt: ['9m', '10m', '11m', '12m', '20m'],
  },
  'cancelled runs count neither as failures nor as successes': {
    series: executions({ success: '0+1x400', failure: '0+3x400', cancelled: '0+50x400' }),
    firesAt: {
      '10m': {
        labels: writer,
        summary: 'writer fails 75% of its runs',
        description: 'writer (workers) failed 75% of its runs in the last 5 minutes; the limit is 50%.',
        since: '30s',
      },
    },
  },
  'is silent when there are only cancelled runs': {
    series: executions({ cancelled: '0+5x400' }),
    silentAt: ['10m'],
  },
  'keeps firing for five minutes after the last failure, then resolves': {
    series: executions({ success: '0x40 0+4x400', failure: '0+3x40 120x400' }),
    firesAt: {
      '15m': {
        labels: writer,
        summary: 'writer fails 55.37% of its runs',
        description: 'writer (workers) failed 55.37% of its runs in the last 5 minutes; the limit is 50%.',
        since: '30s',
      },
    },
    silentAt: ['18m'],
  },
})

alertPromises('AgentErrorRateWarning', {
  'fires after five minutes above the limit, and not a step before': {
    series: executions({ success: '0+3x400', failure: '0+1x400' }),
    silentAt: ['5m30s'],
    firesAt: {
      '6m': {
        labels: writer,
        summary: 'writer fails 25% of its runs',
        description: 'writer (workers) failed 25% of its runs in the last 5 minutes; the limit is 20%.',
        since: '1m',
      },
    },
  },
  'is silent when exactly a fifth of the runs fails': {
    series: executions({ success: '0+4x400', failure: '0+1x400' }),
    silentAt: ['10m', '30m'],
  },
  'is silent with nine runs': {
    series: executions({ success: '0x40 6x400', failure: '0x40 3x400' }),
    silentAt: ['11m', '15m', '16m', '20m'],
  },
})
