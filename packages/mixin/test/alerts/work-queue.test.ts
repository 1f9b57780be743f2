import { fleet, matchers } from './agent-series.ts'
import { alertPromises } from '../engines/rule-promises.ts'

const queue = { job: 'swarmwatch/agent-worker', ...fleet }
const oldest = (instance: string, values: string): Record<string, string> => ({
  [`worker_queue_oldest_seconds${matchers({ ...queue, instance })}`]: values,
})

alertPromises('WorkQueueDelayed', {
  'fires once, however many workers export it, when the oldest task has waited for 5 minutes and that lasts 5 minutes': {
    series: { ...oldest('a', '0x20 0+15x100'), ...oldest('b', '0x20 0+15x100') },
    silentAt: ['10m', '15m'],
    firesAt: {
      '15m30s': {
        labels: queue,
        summary: 'The oldest task of swarmwatch/agent-worker has waited for 10m 15s',
        description:
          'The oldest task that could start in the queue of swarmwatch/agent-worker has waited for 10m 15s. Workers are missing, ' +
          'a limit holds the tasks back, or the workers do not end their tasks.',
        since: '10m30s',
      },
    },
  },
  'is silent while tasks start within 5 minutes': { series: oldest('a', '300x200'), silentAt: ['30m'] },
})
