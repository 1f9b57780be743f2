import type { Task } from '../../src/service/task-queue.ts'
import type { TaskRequest } from '../../src/service/task-request.ts'
import { backlogItems } from '../../src/swarm/backlog.ts'

export const request: TaskRequest = { agent: 'reviewer', item: backlogItems[0]!, title: 'Order history' }

export interface HeldWork {
  /** Does tasks that end only when they are told to, or aborted. */
  readonly work: (task: Task, signal: AbortSignal) => Promise<void>
  /** The numbers of the tasks that were begun, in order. */
  readonly begun: number[]
  readonly succeed: (number: number) => void
  readonly fail: (number: number, error: unknown) => void
}

/** Work that a test holds in its hands. */
export function holdWork(): HeldWork {
  const held = new Map<number, PromiseWithResolvers<void>>()
  const begun: number[] = []
  return {
    begun,
    work({ number }, signal) {
      const one = Promise.withResolvers<void>()
      held.set(number, one)
      begun.push(number)
      signal.addEventListener('abort', () => one.reject(signal.reason))
      return one.promise
    },
    succeed: (number) => held.get(number)?.resolve(),
    fail: (number, error) => held.get(number)?.reject(error),
  }
}
