import { durations, matchers, writer } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const silent = (values: string, instance = 'a'): Record<string, string> => ({
  [`agent_last_progress_seconds${matchers({ ...writer, instance })}`]: values,
})
const named = (id: string, lastStep: string, values: string, instance = 'a'): Record<string, string> => ({
  [`agent_stuck_run_seconds${matchers({ ...writer, instance, swarmwatch_execution_id: id, swarmwatch_last_step: lastStep })}`]:
    values,
})
/** Four runs a minute that take up to `le` seconds. */
const usually = (le: number): Record<string, string> => durations(le, '0+1x400', `0+${le}x400`)

alertPromises('AgentRunStuck', {
  'fires half a minute after three times the 99th percentile, and names the run': {
    // Without progress from 20m on: 3 x 59.7 s have passed at 22m59s
    series: {
      ...usually(60),
      ...silent('0x80 15+15x60'),
      ...named('5f0c3a9e1b2d4c68-2s', 'tool call started: search', '_x85 75+15x60'),
    },
    silentAt: ['22m30s', '23m'],
    firesAt: {
      '23m30s': {
        labels: writer,
        summary: 'A run of writer has made no progress for 3m 30s',
        description:
          'A run of writer (workers) has made no progress for 3m 30s; 99% of its runs end within 59.7s. ' +
          'Run 5f0c3a9e1b2d4c68-2s in a: 3m 30s since "tool call started: search".',
        since: '23m',
      },
    },
  },
  'names the three worst runs, and none that has ended meanwhile': {
    series: {
      ...usually(5),
      ...silent('0x40 15+15x60'),
      ...named('ended-1', 'model call started', '_x40 900 _x90'),
      ...named('run-1', 'model call started', '_x41 15+15x60', 'b'),
      ...named('run-2', 'attempt started', '_x41 0+15x60', 'c'),
      ...named('run-3', 'progress()', '_x41 45+15x60', 'd'),
      ...named('run-4', 'model call started', '_x41 0+1x60', 'e'),
    },
    firesAt: {
      '13m': {
        labels: writer,
        summary: 'A run of writer has made no progress for 3m 0s',
        description:
          'A run of writer (workers) has made no progress for 3m 0s; 99% of its runs end within 4.975s. ' +
          'Run run-3 in d: 3m 30s since "progress()". Run run-1 in b: 3m 0s since "model call started". ' +
          'Run run-2 in c: 2m 45s since "attempt started".',
        since: '11m',
      },
    },
  },
  'ends when the run makes progress or ends': {
    series: { ...usually(5), ...silent('0x80 15+15x20 0x300') },
    silentAt: ['26m', '30m'],
  },
  'is silent while a long tool makes progress every 25 s': {
    series: { ...usually(5), ...silent('0x80 0 15 25 0 15 25 0 15 25 0 15 25 0 15 25 0 15 25 0 15 25 0 15 25 25x100') },
    silentAt: ['21m', '22m', '24m', '26m', '40m'],
  },
  'waits for 15 minutes while fewer than 20 runs are known': {
    series: { ...durations(5, '0+1x15 15x400', '0+5x15 75x400'), ...silent('0x80 15+15x100') },
    silentAt: ['25m', '34m30s', '35m'],
    firesAt: {
      '36m': {
        labels: writer,
        summary: 'A run of writer has made no progress for 16m 0s',
        description: 'A run of writer (workers) has made no progress for 16m 0s; 99% of its runs end within 4.975s.',
        since: '35m30s',
      },
    },
  },
  'knows a limit for every agent that runs': {
    series: {
      ...durations(0.1, '0+1x400', '0+0.1x400'),
      ...silent('0x400'),
      [`agent_last_progress_seconds${matchers({ ...writer, agent_name: 'new' })}`]: '0x400',
    },
    values: {
      'agent:stuck_after_seconds:p99_7d': {
        '1h': [
          { labels: matchers(writer), value: 30 },
          { labels: matchers({ ...writer, agent_name: 'new' }), value: 900 },
        ],
      },
    },
  },
  'takes the mean of the longest runs where the histogram ends before the 99th percentile': {
    series: { ...durations(Number.POSITIVE_INFINITY, '0+1x400', '0+3600x400'), ...silent('0x400') },
    values: {
      'round(agent:stuck_after_seconds:p99_7d)': { '1h': [{ labels: matchers(writer), value: 10_800 }] },
    },
  },
})
