import { durations, executions, fleet, matchers, rootExecutions, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const agent = (agent_name: string): Record<string, string> => ({ ...writer, agent_name })

alertPromises('SystemErrorRateCritical', {
  'fires after two minutes, names the three agents with the most failures': {
    series: {
      ...executions({ failure: '0+4x400' }, agent('writer')),
      ...executions({ success: '0+1x400', failure: '0+3x400' }, agent('reader')),
      ...executions({ success: '0+2x400', failure: '0+2x400' }, agent('planner')),
      ...executions({ success: '0+3x400', failure: '0+1x400' }, agent('critic')),
    },
    silentAt: ['2m'],
    firesAt: {
      '2m30s': {
        labels: fleet,
        summary: '62.5% of the runs of the swarm fail',
        description:
          '62.5% of all runs failed in the last 5 minutes; the limit is 50%. Most failures: writer (40), reader (30), planner (20).',
        since: '30s',
      },
      '20m': {
        labels: fleet,
        summary: '62.5% of the runs of the swarm fail',
        description:
          '62.5% of all runs failed in the last 5 minutes; the limit is 50%. Most failures: writer (80), reader (60), planner (40).',
        since: '30s',
      },
    },
  },
  'an agent that others call does not dilute the rate of the swarm, and keeps its own': {
    series: {
      ...executions({ success: '0+4x400', failure: '0+6x400' }, agent('parent')),
      ...executions({ success: '0+20x400' }, agent('child')),
      ...rootExecutions({ success: '0+4x400', failure: '0+6x400' }),
    },
    firesAt: {
      '10m': {
        labels: fleet,
        summary: '60% of the runs of the swarm fail',
        description: '60% of all runs failed in the last 5 minutes; the limit is 50%. Most failures: parent (120).',
        since: '30s',
      },
    },
    values: {
      'sum by (agent_name) (agent:error_ratio:rate5m)': {
        '10m': [
          { labels: '{agent_name="parent"}', value: 0.6 },
          { labels: '{agent_name="child"}', value: 0 },
        ],
      },
      'sum(swarm:executions:rate5m)': { '10m': [{ labels: '{}', value: 0.666667 }] },
      'sum(swarm:executions:increase10m)': { '10m': [{ labels: '{}', value: 400 }] },
    },
  },
  'a child whose failures its parents handle is no failing swarm': {
    series: {
      ...executions({ success: '0+4x400' }, agent('parent')),
      ...executions({ failure: '0+20x400' }, agent('child')),
      ...rootExecutions({ success: '0+4x400' }),
    },
    silentAt: ['10m', '30m'],
  },
  'processes whose SDK does not mark root executions count with all of theirs': {
    series: {
      ...rootExecutions({ success: '0+9x400' }),
      ...executions({ failure: '0+4x400' }, { ...writer, cloud_region: 'us-1' }),
    },
    firesAt: {
      '10m': {
        labels: { ...fleet, cloud_region: 'us-1' },
        summary: '100% of the runs of the swarm fail',
        description: '100% of all runs failed in the last 5 minutes; the limit is 50%. Most failures: writer (80).',
        since: '1m',
      },
    },
  },
  'a job whose SDK does not mark root executions counts beside one whose SDK does': {
    series: {
      ...rootExecutions({ success: '0+1x400' }),
      ...executions({ failure: '0+4x400' }, { ...writer, job: 'older' }),
    },
    firesAt: {
      '10m': {
        labels: fleet,
        summary: '80% of the runs of the swarm fail',
        description: '80% of all runs failed in the last 5 minutes; the limit is 50%. Most failures: writer (80).',
        since: '30s',
      },
    },
  },
  'one failing agent of many is no failing swarm': {
    series: {
      ...executions({ failure: '0+4x400' }, agent('writer')),
      ...executions({ success: '0+12x400' }, agent('reader')),
    },
    silentAt: ['10m', '30m'],
  },
  'is silent when exactly half of the runs fail': {
    series: executions({ success: '0+2x400', failure: '0+2x400' }),
    silentAt: ['10m', '30m'],
  },
  'is silent with nine runs': {
    series: executions({ failure: '0x20 9x400' }),
    silentAt: ['7m', '8m', '10m'],
  },
  'failures of another region are no failures of this one': {
    series: {
      ...executions({ success: '0+9x400' }),
      ...executions({ failure: '0+4x400' }, { ...writer, cloud_region: 'us-1' }),
    },
    firesAt: {
      '10m': {
        labels: { ...fleet, cloud_region: 'us-1' },
        summary: '100% of the runs of the swarm fail',
        description: '100% of all runs failed in the last 5 minutes; the limit is 50%. Most failures: writer (80).',
        since: '1m',
      },
    },
  },
})

alertPromises('SystemErrorRateWarning', {
  'fires after five minutes above the limit, and not a step before': {
    series: executions({ success: '0+6x400', failure: '0+2x400' }),
    silentAt: ['5m'],
    firesAt: {
      '6m': {
        labels: fleet,
        summary: '25% of the runs of the swarm fail',
        description: '25% of all runs failed in the last 5 minutes; the limit is 20%. Most failures: writer (40).',
        since: '1m',
      },
    },
  },
  'is silent when exactly a fifth of the runs fails': {
    series: executions({ success: '0+8x400', failure: '0+2x400' }),
    silentAt: ['10m', '30m'],
  },
})

const memory = `swarm_resource_utilization${matchers({ ...fleet, job: 'workers', instance: 'a', resource: 'memory' })}`

alertPromises('SwarmHealthLow', {
  'fires critical after five minutes below 50, with what cost the points': {
    series: {
      ...executions({ success: '0+2x400', failure: '0+2x400' }),
      ...durations(60, '0+2x400', '0+90x400'),
      [memory]: '0.95x400',
    },
    silentAt: ['5m'],
    firesAt: {
      '6m': {
        severity: 'critical',
        labels: fleet,
        summary: 'The health score of the swarm is 4 of 100',
        description:
          'The health score is 4; the limit is 50. Errors cost 60 points. Slow runs cost 25 points. CPU or memory costs 11 points.',
        since: '1m',
      },
    },
  },
  'fires warning after ten minutes below 80, and not a step before': {
    series: executions({ success: '0+3x400', failure: '0+1x400' }),
    silentAt: ['10m30s'],
    firesAt: {
      '11m': {
        severity: 'warning',
        labels: fleet,
        summary: 'The health score of the swarm is 70 of 100',
        description: 'The health score is 70; the limit is 80. Errors cost 30 points.',
        since: '1m',
      },
    },
  },
  'one failure of one run is no sickness': {
    series: executions({ failure: '0x20 1x400' }),
    silentAt: ['10m', '20m'],
  },
  'a fleet that does nothing is healthy, however busy the machine': {
    series: { ...executions({}), [memory]: '1x400' },
    silentAt: ['20m'],
    values: { 'swarm:health_score': { '20m': [{ labels: matchers(fleet), value: 100 }] } },
  },
})
