import { promql } from '../promql.ts'
import type { Alert } from '../rule.ts'
import { ruleThresholds } from '../rule-thresholds.ts'
import { by, fleetLabels, label } from '../series.ts'

const { oldestSeconds, forSeconds } = ruleThresholds.workQueue
const ofQueue = [label.job, ...fleetLabels]

/** Tasks wait too long in a queue that workers share (`WORKER_DATABASE_URL`). Every worker exports the same numbers. */
export const workQueueAlerts: readonly Alert[] = [
  {
    alert: 'WorkQueueDelayed',
    category: 'swarm',
    severity: 'warning',
    expr: promql`
      max ${by(...ofQueue)} (worker_queue_oldest_seconds)
      > ${oldestSeconds}`,
    forSeconds,
    summary: 'The oldest task of {{ $labels.job }} has waited for {{ $value | humanizeDuration }}',
    description:
      'The oldest task that could start in the queue of {{ $labels.job }} has waited for {{ $value | humanizeDuration }}. ' +
      'Workers are missing, a limit holds the tasks back, or the workers do not end their tasks.',
    identity: ofQueue,
    chart: {
      title: 'Age of the oldest task',
      unit: 'seconds',
      query: (matchers) => `max(worker_queue_oldest_seconds{${matchers}})`,
      limit: oldestSeconds,
    },
    dashboard: 'cost-and-capacity',
  },
]
