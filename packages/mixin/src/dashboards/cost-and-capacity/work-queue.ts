import { by, label } from '../../series.ts'
import { limits } from '../limits.ts'
import type { Row } from '../panel.ts'
import { ofJobs } from '../selectors.ts'

const jobName = `{{job}} {{${label.environment}}}`

/** The queue in PostgreSQL that workers share. */
export const workQueue: Row = {
  title: 'Work queue',
  panels: [
    {
      shows: 'graph',
      title: 'How long has the oldest task waited?',
      description:
        'Time that the oldest task which can start has waited in the queue of the workers (WORKER_DATABASE_URL). WorkQueueDelayed fires ' +
        'above the line.',
      unit: 's',
      queries: {
        oldest: { expr: `max ${by(label.job, label.environment)} (worker_queue_oldest_seconds${ofJobs()})`, legend: jobName },
      },
      limits: limits.oldestTask,
      isByJob: true,
      min: 0,
      span: 12,
    },
    {
      shows: 'graph',
      title: 'How many tasks wait, and how many run?',
      description: 'Tasks of all workers: queued ones can start, waiting ones wait for the time of their next attempt.',
      unit: 'none',
      queries: {
        tasks: {
          expr: `max ${by(label.job, label.environment, 'state')} (worker_queue_tasks${ofJobs()})`,
          legend: `${jobName} {{state}}`,
        },
      },
      isByJob: true,
      min: 0,
      span: 12,
    },
  ],
}
