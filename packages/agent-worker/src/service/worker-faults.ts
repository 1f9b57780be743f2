import { type Fault, type FaultPlan, seededFaults } from '../model-server/index.ts'
import { taskNumberIn } from '../swarm/index.ts'

/**
 * Returns the faults of the scripted model that no task requested: three requests in a hundred, of which one ends the attempt. About
 * one run in twenty has to recover, and almost none fails.
 */
export function backgroundFaults(seed: number): FaultPlan {
  const shares = { 'rate-limited': 0.004, 'server-error': 0.004, reset: 0.002, slow: 0.005, 'malformed-arguments': 0.015 }
  return seededFaults(seed, { shares, retryAfterSeconds: 2, slowMs: 2500 })
}

/** Faults that a task can request. */
export const taskFaultNames = ['429', '500', 'reset', 'timeout'] as const
/** Fault that a task can request. */
export type TaskFault = (typeof taskFaultNames)[number]

const faults: Readonly<Record<TaskFault, Fault>> = {
  '429': { kind: 'rate-limited', retryAfterSeconds: 1 },
  '500': { kind: 'server-error' },
  reset: { kind: 'reset' },
  // Longer than the timeout of any attempt
  timeout: { kind: 'slow', delayMs: 3_600_000 },
}

/** Requested faults by task: every model call of such a task fails until its fault is cleared. */
export interface TaskFaults {
  readonly plan: FaultPlan
  set(taskNumber: number, fault: TaskFault): void
  clear(taskNumber: number): void
}

/** Creates an empty set of requested faults. The number in the prompt identifies the task of a request. */
export function taskFaults(): TaskFaults {
  const requested = new Map<number, TaskFault>()
  return {
    plan({ task }) {
      const fault = requested.get(taskNumberIn(task))
      return fault && faults[fault]
    },
    set: (taskNumber, fault) => void requested.set(taskNumber, fault),
    clear: (taskNumber) => void requested.delete(taskNumber),
  }
}
