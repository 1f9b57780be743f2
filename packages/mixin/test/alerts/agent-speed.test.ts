import { durations, executions, matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

alertPromises('AgentSlowResponses', {
  'fires after five minutes, with the share that was waiting': {
    series: {
      ...executions({ success: '0+1x400' }),
      ...durations(30, '0+1x400', '0+24x400'),
      [`agent_retry_wait_seconds_sum${matchers(writer)}`]: '0+18x400',
    },
    silentAt: ['5m30s', '6m'],
    firesAt: {
      '6m30s': {
        labels: writer,
        summary: 'Runs of writer take up to 29.5s',
        description:
          '95% of the runs of writer (workers) end within 29.5s; the limit is 10s. 75% of that time was waiting before a retry.',
        since: '1m30s',
      },
    },
  },
  'leaves out the waiting share when no run waited': {
    series: { ...executions({ success: '0+1x400' }), ...durations(20, '0+1x400', '0+15x400') },
    firesAt: {
      '10m': {
        labels: writer,
        summary: 'Runs of writer take up to 19.5s',
        description: '95% of the runs of writer (workers) end within 19.5s; the limit is 10s.',
        since: '1m30s',
      },
    },
  },
  'is silent when runs end within ten seconds': {
    series: { ...executions({ success: '0+1x400' }), ...durations(10, '0+1x400', '0+9x400') },
    silentAt: ['10m', '30m'],
  },
  'is silent with four runs': {
    series: { ...executions({ success: '0x20 1 2 3 4x400' }), ...durations(60, '0x20 1 2 3 4x400', '0x20 50 100 150 200x400') },
    silentAt: ['8m', '10m', '12m'],
  },
})

const attempts = (values: string): Record<string, string> => ({
  [`agent_attempt_duration_seconds_count${matchers({ ...writer, outcome: 'failure' })}`]: values,
})
const retries = (values: string): Record<string, string> => ({
  [`agent_retries_total${matchers({ ...writer, error_type: '429' })}`]: values,
})

alertPromises('AgentRetriesHigh', {
  'fires after ten minutes, and not a step before': {
    series: { ...attempts('0+4x400'), ...retries('0+3x400') },
    silentAt: ['10m30s'],
    firesAt: {
      '11m': {
        labels: writer,
        summary: '75% of the attempts of writer are retries',
        description:
          'writer (workers) retries most of its work: 75% of its attempts in the last 5 minutes were retries; the limit is 50%. ' +
          'Runs may still succeed, but later and at a higher cost.',
        since: '1m',
      },
    },
  },
  'is silent with one retry for each first attempt: that is not more than half': {
    series: { ...attempts('0+4x400'), ...retries('0+2x400') },
    silentAt: ['15m', '30m'],
  },
  'is silent with nine attempts in ten minutes': {
    series: { ...attempts('0x20 9x400'), ...retries('0x20 8x400') },
    silentAt: ['15m', '16m', '20m'],
  },
})

const active = (values: string, instance = 'a'): Record<string, string> => ({
  [`active_executions${matchers({ ...writer, instance })}`]: values,
})
const stuck = {
  labels: writer,
  summary: 'writer has 2 active runs and finishes none',
  description: 'writer (workers) has had 2 active runs for more than 15 minutes, and no run finished in that time.',
}

alertPromises('AgentStuckExecutions', {
  'fires when runs were active for 20 minutes and none finished': {
    series: { ...executions({}), ...active('2x400') },
    silentAt: ['19m30s'],
    firesAt: { '20m': { ...stuck, since: '15m' } },
  },
  'is silent when one run finished': {
    series: { ...executions({ success: '0x60 1x400' }), ...active('2x400') },
    silentAt: ['20m', '25m', '30m'],
  },
  'counts a cancelled run as finished': {
    series: { ...executions({ cancelled: '0+1x400' }), ...active('2x400') },
    silentAt: ['20m', '30m'],
  },
  'is silent when runs start and end': {
    series: { ...executions({}), ...active('2 2 2 0 2 2 2 0 2 2 2 0 2 2 2 0 2x30 0 2x50 0 2x40 0 2x400') },
    silentAt: ['20m', '30m', '40m'],
  },
  'is silent about runs that wait for a person': {
    series: { ...executions({}), ...active('2x400'), [`agent_paused${matchers({ ...writer, instance: 'a' })}`]: '2x400' },
    silentAt: ['20m', '30m'],
  },
  'is silent when the process has ended': {
    series: { ...executions({}), ...active('2x61 _x400') },
    silentAt: ['21m', '25m', '30m'],
  },
})
