import { type Fault, type FaultPlan, seededFaults } from '../model-server/index.ts'
import { type AgentTask, type BacklogItem, type ReferenceAgents, taskNumberIn, type Workspace } from '../swarm/index.ts'
import type { Task } from './task-queue.ts'
import type { TaskFault } from './task-request.ts'

/** Options for {@link taskWork}. */
export interface TaskWorkOptions {
  readonly agents: ReferenceAgents
  readonly workspace: Pick<Workspace, 'write' | 'clear'>
  readonly faults: TaskFaults
}

/** Returns a function that does a task in a folder of its own, which it removes when the task has ended, with any outcome. */
export function taskWork({ agents, workspace, faults }: TaskWorkOptions): (task: Task, signal: AbortSignal) => Promise<void> {
  return async ({ number, request, continuation, confirm }, signal) => {
    const { agent, item, title, fault } = request
    const task: AgentTask = { number, item: item.id, title, folder: `task-${number}`, signal, continuation, confirm }
    if (fault) faults.set(number, fault)
    try {
      if (agent === 'reviewer') await workspace.write(`${task.folder}/change.ts`, changeToReview(item))
      await agents[agent](task)
    } finally {
      faults.clear(number)
      await workspace.clear(task.folder)
    }
  }
}

/** Returns the file that a reviewer finds in its folder: the routes of the item's service. */
function changeToReview({ title, endpoints, acceptance }: BacklogItem): string {
  const routes = endpoints.map((endpoint) => `  '${endpoint}': notImplemented,`)
  return [
    `/** ${title}. */`,
    ...acceptance.map((criterion) => `// ${criterion}`),
    'export const routes = {',
    ...routes,
    '}',
    '',
    'function notImplemented(): never {',
    "  throw new Error('not implemented')",
    '}',
    '',
  ].join('\n')
}

/**
 * Returns the faults of the scripted model that no task requested: three requests in a hundred, of which one ends the attempt. About
 * one run in twenty has to recover, and almost none fails.
 */
export function backgroundFaults(seed: number): FaultPlan {
  const shares = { 'rate-limited': 0.004, 'server-error': 0.004, reset: 0.002, slow: 0.005, 'malformed-arguments': 0.015 }
  return seededFaults(seed, { shares, retryAfterSeconds: 2, slowMs: 2500 })
}

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
