import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { errorType } from '@swarmwatch/sdk'

import type { Task, TaskOrder } from './task.ts'

/** Why an order is not taken. */
export type Refusal = 'full' | 'stopping'

/** Tasks by how far they have come; those that ended since the start. */
export interface TaskCounts {
  readonly queued: number
  readonly running: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

/** Tasks that wait, run and have run. */
export interface TaskQueue {
  /** Takes an order, or says why not. */
  add(order: TaskOrder): Task | Refusal
  /** A task that waits, runs, or ended not too long ago. */
  find(id: string): Task | undefined
  counts(): TaskCounts
  /** Takes no more orders and cancels the tasks that were not begun; returns their number. */
  close(): number
  /** Waits for the running tasks, and aborts those that take longer than `ms`; returns their number. Takes a quarter of a second more at most. */
  drain(ms: number): Promise<number>
}

/** What {@link openTaskQueue} is told. */
export interface TaskQueueOptions {
  /** Tasks at a time. */
  readonly concurrency: number
  /** Tasks that may wait. */
  readonly queueLimit: number
  /** Ended tasks that can still be found. @default 1000 */
  readonly remembered?: number
  /** @default the system's clock */
  readonly now?: () => Date
}

interface Run {
  readonly abort: AbortController
  readonly done: Promise<void>
}

const abortGraceMs = 250

/** Opens a queue whose tasks are done by `work`, which must heed its signal. */
export function openTaskQueue(
  work: (task: Task, signal: AbortSignal) => Promise<unknown>,
  { concurrency, queueLimit, remembered = 1000, now = () => new Date() }: TaskQueueOptions,
): TaskQueue {
  const waiting: Task[] = []
  const running = new Map<Task, Run>()
  const active = new Map<string, Task>()
  const ended = new Map<string, Task>()
  const totals = { succeeded: 0, failed: 0, cancelled: 0 }
  let taken = 0
  let isClosed = false

  function add(order: TaskOrder): Task | Refusal {
    if (isClosed) return 'stopping'
    if (waiting.length >= queueLimit) return 'full'
    taken += 1
    const task: Task = { id: randomUUID(), number: taken, order, queuedAt: now(), state: 'queued' }
    active.set(task.id, task)
    waiting.push(task)
    // Whoever ordered it sees it queued first
    queueMicrotask(beginNext)
    return task
  }

  function beginNext(): void {
    while (running.size < concurrency) {
      const task = waiting.shift()
      if (!task) return
      begin(task)
    }
  }

  function begin(task: Task): void {
    const abort = new AbortController()
    task.state = 'running'
    task.startedAt = now()
    const done = Promise.resolve()
      .then(() => work(task, abort.signal))
      .then(
        () => end(task, 'succeeded'),
        (error: unknown) => {
          // The SDK has counted and said it; an error of the AI SDK holds prompts and must not be shown
          if (!abort.signal.aborted) task.errorType = errorType(error)
          end(task, abort.signal.aborted ? 'cancelled' : 'failed')
        },
      )
      .then(() => {
        running.delete(task)
        beginNext()
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
    async drain(ms) {
      const allDone = Promise.all([...running.values()].map((run) => run.done))
      if (await isOverWithin(allDone, ms)) return 0
      const late = [...running.values()]
      for (const { abort } of late) abort.abort(new DOMException('the worker was stopped', 'AbortError'))
      await isOverWithin(allDone, abortGraceMs)
      return late.length
    },
  }
}

async function isOverWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  try {
    return await Promise.race([work.then(() => true), delay(ms, false, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
