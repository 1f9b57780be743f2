import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { type Continuation, errorType } from '@swarmwatch/sdk'

import type { TaskRequest } from './task-request.ts'

/** State of a task; the last three are final. */
export type TaskState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/** An accepted task request and its progress. */
export interface Task {
  readonly id: string
  /** Position among the tasks of this worker, from 1. */
  readonly number: number
  readonly request: TaskRequest
  readonly queuedAt: Date
  state: TaskState
  startedAt?: Date | undefined
  finishedAt?: Date | undefined
  /** Type of the error, if the task failed; never its message. */
  errorType?: string | undefined
  /** The attempt that this is, if the queue owns the retries. */
  readonly continuation?: Continuation
  /** Rejects if another worker has taken the task; to be called as the last step of its work. */
  readonly confirm?: () => Promise<void>
}

/** Reason why a task request is refused. `known`: the task of this slot was already added, by another worker. */
export type Refusal = 'full' | 'stopping' | 'known'

/** Number of tasks by state; ended tasks are counted since the start. */
export interface TaskCounts {
  readonly queued: number
  readonly running: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

type Answer<T> = T | Promise<T>

/** A queue of tasks, in memory or in a database. */
export interface WorkQueue {
  /** Queues a task, or returns the reason why not. Of all tasks with the same `slot`, a queue that workers share takes one. */
  add(request: TaskRequest, options?: { readonly slot?: string }): Answer<Task | Refusal>
  /** Finds a task that is queued, is running or ended recently. */
  find(id: string): Answer<Task | undefined>
  /** Numbers of queued tasks of all workers, and of running and ended ones of this worker. */
  counts(): Answer<TaskCounts>
  /** Takes no more tasks. A queue in memory cancels the queued ones; returns their number. */
  close(): Answer<number>
  /** Waits for the running tasks and aborts those that take longer than `ms`; returns their number. Takes at most 1 s longer than `ms`. */
  drain(ms: number): Promise<number>
  /** The counts of this worker, for which no database is asked. */
  ownCounts?(): Omit<TaskCounts, 'queued'>
  /** Closes the connections of a queue in a database. */
  end?(): Promise<void>
}

/** The queued, running and ended tasks, in memory. */
export interface TaskQueue extends WorkQueue {
  /** Queues a task, or returns the reason why not. */
  add(request: TaskRequest): Task | Refusal
  /** Finds a task that is queued, is running or ended recently. */
  find(id: string): Task | undefined
  counts(): TaskCounts
  /** Refuses new tasks and cancels the queued ones; returns their number. */
  close(): number
}

/** Options for {@link openTaskQueue}. */
export interface TaskQueueOptions {
  /** Maximum number of running tasks. */
  readonly concurrency: number
  /** Maximum number of queued tasks. */
  readonly queueLimit: number
  /** Number of ended tasks that `find` still returns. @default 1000 */
  readonly remembered?: number
  /** @default the system's clock */
  readonly now?: () => Date
}

/** The work on a task. */
export interface Run {
  readonly abort: AbortController
  readonly done: Promise<void>
}

/** Time that aborted tasks have to end. */
const abortGraceMs = 1_000

/** Opens a queue that does its tasks with `work`, which must stop when its signal aborts. */
export function openTaskQueue(
  work: (task: Task, signal: AbortSignal) => Promise<unknown>,
  { concurrency, queueLimit, remembered = 1000, now = () => new Date() }: TaskQueueOptions,
): TaskQueue {
  const waiting: Task[] = []
  const running = new Map<Task, Run>()
  const active = new Map<string, Task>()
  const ended = new Map<string, Task>()
  const totals = { succeeded: 0, failed: 0, cancelled: 0 }
  let added = 0
  let isClosed = false

  function add(request: TaskRequest): Task | Refusal {
    if (isClosed) return 'stopping'
    if (waiting.length >= queueLimit) return 'full'
    added += 1
    const task: Task = { id: randomUUID(), number: added, request, queuedAt: now(), state: 'queued' }
    active.set(task.id, task)
    const { priority = 0 } = request
    const after = waiting.findLastIndex((each) => (each.request.priority ?? 0) >= priority)
    waiting.splice(after + 1, 0, task)
    // After the caller has seen the task as queued
    queueMicrotask(startNext)
    return task
  }

  function startNext(): void {
    while (running.size < concurrency) {
      const task = waiting.shift()
      if (!task) return
      start(task)
    }
  }

  function start(task: Task): void {
    const abort = new AbortController()
    task.state = 'running'
    task.startedAt = now()
    const done = Promise.resolve()
      .then(() => work(task, abort.signal))
      .then(
        () => end(task, 'succeeded'),
        (error: unknown) => {
          // The SDK has counted and logged the error; errors of the AI SDK hold prompts, so only the type is kept
          if (!abort.signal.aborted) task.errorType = errorType(error)
          end(task, abort.signal.aborted ? 'cancelled' : 'failed')
        },
      )
      .then(() => {
        running.delete(task)
        startNext()
      })
    running.set(task, { abort, done })
  }

  function end(task: Task, state: 'succeeded' | 'failed' | 'cancelled'): void {
    task.state = state
    task.finishedAt = now()
    totals[state] += 1
    active.delete(task.id)
    ended.set(task.id, task)
    if (ended.size > remembered) ended.delete(ended.keys().next().value ?? '')
  }

  return {
    add,
    find: (id) => active.get(id) ?? ended.get(id),
    counts: () => ({ queued: waiting.length, running: running.size, ...totals }),
    close() {
      isClosed = true
      const dropped = waiting.splice(0)
      for (const task of dropped) end(task, 'cancelled')
      return dropped.length
    },
    drain: (ms) => drainRuns(running, ms),
  }
}

/** Waits for the runs and aborts those that take longer than `ms`; returns their number. */
export async function drainRuns(running: ReadonlyMap<unknown, Run>, ms: number): Promise<number> {
  const allDone = Promise.all([...running.values()].map(({ done }) => done))
  if (await waitFor(allDone, ms)) return 0
  const late = [...running.values()]
  for (const { abort } of late) abort.abort(new DOMException('the worker was stopped', 'AbortError'))
  await waitFor(allDone, abortGraceMs)
  return late.length
}

/** Resolves with whether `work` ends within `ms`. */
export async function waitFor(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  try {
    return await Promise.race([work.then(() => true), delay(ms, false, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
