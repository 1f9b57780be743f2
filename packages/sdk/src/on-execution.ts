import { snapshot, type ExecutionRecord } from './monitor/execution-record.ts'
import { processWide } from './process-wide.ts'
import { trip } from './telemetry/guard.ts'

/** A step of a run, with the run as it is then. */
export interface ExecutionEvent {
  readonly type: 'started' | 'waiting' | 'finished'
  readonly execution: ExecutionRecord
}

/**
 * Calls `listener` when a run of this process starts, waits for its next attempt, or finishes. A listener that throws is swallowed and
 * counted. The returned function ends it.
 */
export function onExecution(listener: (event: ExecutionEvent) => void): () => void {
  // A registration of its own, so that the same function can listen twice
  const registered = (event: ExecutionEvent): void => listener(event)
  processWide.listeners.add(registered)
  return () => void processWide.listeners.delete(registered)
}

/** Tells every listener of a step, each with a copy of the run; costs nothing while there is none. */
export function notify(type: ExecutionEvent['type'], record: ExecutionRecord): void {
  const { listeners } = processWide
  if (listeners.size === 0) return
  const event = { type, execution: snapshot(record) }
  // A copy: a listener may add another one
  for (const listener of Array.from(listeners)) {
    try {
      // An async listener's rejection would end the process
      const answer: unknown = listener(event)
      if (answer instanceof Promise) answer.catch((error: unknown) => trip('listener', error))
    } catch (error) {
      trip('listener', error)
    }
  }
}
