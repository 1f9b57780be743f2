import { getEnvironmentData, isMainThread } from 'node:worker_threads'

import { createNoopMeter, metrics } from '@opentelemetry/api'

import { snapshot, type ExecutionRecord } from './monitor/execution-record.ts'
import { processWide } from './process-wide.ts'
import { trip } from './telemetry/guard.ts'

/** A step of a run, with the run as it is then. */
export interface ExecutionEvent {
  readonly type: 'started' | 'waiting' | 'finished'
  readonly execution: ExecutionRecord
}

type Listener = (event: ExecutionEvent) => void

/** The listeners of this process. */
export const listeners: Set<Listener> = processWide('listeners/1', () => {
  const created = new Set<Listener>()
  reportSilentThread(created)
  return created
})

/**
 * Calls `listener` when a run of this process starts, waits for its next attempt, or finishes. Errors of a listener are ignored and
 * counted. The returned function removes the listener.
 */
export function onExecution(listener: Listener): () => void {
  // A registration of its own, so that the same function can listen twice
  const registered = (event: ExecutionEvent): void => listener(event)
  listeners.add(registered)
  return () => void listeners.delete(registered)
}

/** Notifies all listeners of a step, with a copy of the run. Costs nothing without listeners. */
export function notify(type: ExecutionEvent['type'], record: ExecutionRecord): void {
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

/**
 * Warns once, at the end of the first run, that a worker thread records nothing although the thread that started it does:
 * `@swarmwatch/node` leaves the line in the environment data of new threads.
 */
function reportSilentThread(created: Set<Listener>): void {
  const line: unknown = isMainThread ? undefined : getEnvironmentData('@swarmwatch/node.silentThread')
  if (typeof line !== 'string') return
  const onFinished: Listener = ({ type }) => {
    if (type !== 'finished') return
    created.delete(onFinished)
    if (metrics.getMeter('@swarmwatch/sdk') === createNoopMeter()) console.warn(line)
  }
  created.add(onFinished)
}
