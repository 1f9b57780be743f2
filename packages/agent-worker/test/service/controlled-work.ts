import type { Task } from '../../src/service/task-queue.ts'
import type { TaskRequest } from '../../src/service/task-request.ts'
import { backlogItems } from '../../src/swarm/backlog.ts'

export const request: TaskRequest = { agent: 'reviewer', item: backlogItems[0]!, title: 'Order history' }

export interface ControlledWork {
  /** Does tasks that end only through `succeed`, `fail` or an abort. */
  readonly work: (task: Task, signal: AbortSignal) => Promise<void>
  /** Numbers of the started tasks, in order. */
  readonly begun: number[]
  readonly succeed: (number: number) => void
  readonly fail: (number: number, error: unknown) => void
}

/** Creates work whose end a test controls. */
export function controlledWork(): ControlledWork {
  const tasks = new Map<number, PromiseWithResolvers<void>>()
  const begun: number[] = []
  return {
    begun,
    work({ number }, signal) {
      const task = Promise.withResolvers<void>()
      tasks.set(number, task)
      begun.push(number)
      signal.addEventListener('abort', () => task.reject(signal.reason))
      return task.promise
    },
    succeed: (number) => tasks.get(number)?.resolve(),
    fail: (number, error) => tasks.get(number)?.reject(error),
  }
}
