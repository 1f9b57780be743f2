import type { JobWithMetadata, PgBoss } from 'pg-boss'

import type { ClaimTasks } from './claim-tasks.ts'
import { drainRuns, type Run } from './task-queue.ts'

/** Options for {@link runClaimedTasks}. */
export interface RunClaimedTasksOptions<Data> {
  readonly queue: string
  readonly claim: ClaimTasks<Data>
  /** Does a task and settles it. Its signal aborts when the claim is lost, the task has expired, or the worker stops. Must not reject. */
  readonly run: (job: JobWithMetadata<Data>, signal: AbortSignal) => Promise<void>
  /** Maximum number of tasks at a time. */
  readonly concurrency: number
  /** Seconds without a sign of life after which another worker may take a task. */
  readonly heartbeatSeconds: number
  /** Receives errors of the database. */
  readonly onError: (error: unknown) => void
}

/** The tasks that a worker does. */
export interface ClaimedTasks {
  /** Number of running tasks. */
  running(): number
  /** Looks for tasks now, instead of within a second. */
  readonly wake: () => void
  /** Claims no more tasks; the running ones continue. */
  close(): void
  /** Waits for the running tasks and aborts those that take longer than `ms`; returns their number. */
  drain(ms: number): Promise<number>
  /** Ends the signs of life. */
  end(): void
}

interface ClaimedRun extends Run {
  /** Time of the last sign of life that the database has. */
  seenAt: number
}

/** Also after a notification: a retry whose time has come does not notify. */
const pollMs = 1000

/**
 * Claims tasks and does up to `concurrency` of them at a time. Shows the database a sign of life of each, three times per
 * `heartbeatSeconds`. A task that another worker has taken is aborted. So is every task that the database has not seen for almost
 * `heartbeatSeconds`: another worker will continue it, and the two must not run at the same time.
 */
export function runClaimedTasks<Data>(
  boss: PgBoss,
  { queue, claim, run, concurrency, heartbeatSeconds, onError }: RunClaimedTasksOptions<Data>,
): ClaimedTasks {
  const running = new Map<JobWithMetadata<Data>, ClaimedRun>()
  let isClosed = false
  let isClaiming = false
  let isWoken = false

  function start(job: JobWithMetadata<Data>, seenAt: number): void {
    const abort = new AbortController()
    const tooLong = new DOMException('the task took too long', 'TimeoutError')
    const expiry = setTimeout(() => abort.abort(tooLong), job.expireInSeconds * 1000)
    const done = run(job, abort.signal).finally(() => {
      clearTimeout(expiry)
      running.delete(job)
      wake()
    })
    running.set(job, { abort, done, seenAt })
  }

  async function claimAll(): Promise<void> {
    isWoken = true
    if (isClaiming) return
    isClaiming = true
    try {
      while (isWoken && !isClosed && running.size < concurrency) {
        isWoken = false
        const askedAt = performance.now()
        // A task that was claimed during close() is done, too
        for (const job of await claim(concurrency - running.size)) start(job, askedAt)
      }
    } catch (error) {
      onError(error)
    } finally {
      isClaiming = false
    }
  }

  function wake(): void {
    void claimAll()
  }

  async function touchAll(): Promise<void> {
    const held = [...running].filter(([, { abort }]) => !abort.signal.aborted)
    if (held.length === 0) return
    const askedAt = performance.now()
    const { settled } = (await boss.touch(
      queue,
      held.map(([{ id, retryCount }]) => ({ id, retryCount })),
    )) as { readonly settled?: readonly string[] }
    for (const [job, task] of held) {
      if (settled?.includes(job.id)) task.seenAt = askedAt
      else if (running.has(job)) task.abort.abort(new TaskTakenError())
    }
  }

  function abortUnseen(): void {
    const limit = performance.now() - heartbeatSeconds * 1000 + pollMs
    for (const { abort, seenAt } of running.values()) if (seenAt < limit) abort.abort(new TaskTakenError())
  }

  const timers = [
    setInterval(wake, pollMs),
    setInterval(abortUnseen, pollMs / 2),
    setInterval(() => void touchAll().catch(onError), (heartbeatSeconds * 1000) / 3),
  ]
  wake()
  return {
    running: () => running.size,
    wake,
    close: () => void (isClosed = true),
    drain: (ms) => drainRuns(running, ms),
    end: () => timers.forEach(clearInterval),
  }
}

/** Reason why a task is aborted: this worker was silent for so long that another one may have taken it. */
export class TaskTakenError extends Error {
  override readonly name = 'TaskTakenError'

  constructor() {
    super('another worker has taken the task')
  }
}
