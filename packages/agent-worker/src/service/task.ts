import type { AgentName } from '../agents/reference-agents.ts'
import type { BacklogItem } from '../backlog/backlog-items.ts'
import type { OrderedFault } from './ordered-faults.ts'

/** What somebody wants done. */
export interface TaskOrder {
  readonly agent: AgentName
  readonly item: BacklogItem
  /** What is asked for, in words. */
  readonly title: string
  /** Lets every model call of the task fail like this. */
  readonly fault?: OrderedFault | undefined
}

/** How far a task has come; the last three are for good. */
export type TaskState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/** An order that was taken, and how it goes. */
export interface Task {
  readonly id: string
  /** Counts the tasks of this worker, from 1. */
  readonly number: number
  readonly order: TaskOrder
  readonly queuedAt: Date
  state: TaskState
  startedAt?: Date
  finishedAt?: Date
  /** Why it failed, in one word; never a message. */
  errorType?: string
}

/** A task as it is shown to whoever asks. */
export function shownTask({ id, order, state, queuedAt, startedAt, finishedAt, errorType }: Task): Record<string, unknown> {
  const { agent, item, title } = order
  const error = errorType === undefined ? undefined : { type: errorType }
  return { id, agent, item: item.id, title, state, error, queuedAt, startedAt, finishedAt }
}
