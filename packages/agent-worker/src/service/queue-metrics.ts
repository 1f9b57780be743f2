import { type BatchObservableResult, metrics } from '@opentelemetry/api'

import { waitFor } from './task-queue.ts'

/** The tasks of all workers, as the database has them. */
export interface QueueDepth {
  /** Tasks that can start. */
  readonly queued: number
  /** Tasks that wait for the time of their next attempt. */
  readonly waiting: number
  readonly running: number
  /** Seconds that the oldest task which can start has waited; 0 if none can. */
  readonly oldestSeconds: number
}

/** An export must not wait for a database that hangs. */
const timeoutMs = 2000

/**
 * Exports the depth of the queue by state (`worker.queue.tasks`) and the age of its oldest task (`worker.queue.oldest.seconds`). Every
 * worker exports the same numbers, those of all workers, so that queries take their maximum. While the database cannot be asked, there
 * are none. Returns a function that ends the export.
 */
export function exportQueueDepth(read: () => Promise<QueueDepth>): () => void {
  const meter = metrics.getMeter('@swarmwatch/agent-worker')
  const tasks = meter.createObservableGauge('worker.queue.tasks', {
    unit: '{task}',
    description: 'Tasks of a queue that workers share, by state: queued, waiting (for their next attempt) or running.',
  })
  const oldest = meter.createObservableGauge('worker.queue.oldest.seconds', {
    unit: 's',
    description: 'Time that the oldest task which can start has waited; 0 if none can start.',
  })
  const observe = async (result: BatchObservableResult): Promise<void> => {
    let depth: QueueDepth | undefined
    await waitFor(
      read().then(
        (value) => (depth = value),
        () => {},
      ),
      timeoutMs,
    )
    if (depth === undefined) return
    const { oldestSeconds, ...states } = depth
    for (const [state, count] of Object.entries(states)) result.observe(tasks, count, { state })
    result.observe(oldest, oldestSeconds)
  }
  meter.addBatchObservableCallback(observe, [tasks, oldest])
  return () => meter.removeBatchObservableCallback(observe, [tasks, oldest])
}
