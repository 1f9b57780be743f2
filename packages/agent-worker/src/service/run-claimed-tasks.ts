import type { JobWithMetadata, PgBoss } from 'pg-boss'

import type { ClaimTasks } from './claim-tasks.ts'
import { drainRuns, type Run } from './task-queue.ts'

/** Default of `WORKER_LEASE_SECONDS`: a failover of a database takes 30 to 60 s. */
export const defaultLeaseSeconds = 90

/** Options for {@link runClaimedTasks}. */
export interface RunClaimedTasksOptions<Data> {
  readonly queue: string
  readonly claim: ClaimTasks<Data>
  /** Does a task and settles it. Its signal aborts when the claim is lost, the task has expired, or the worker stops. Must not reject. */
  readonly run: (job: JobWithMetadata<Data>, signal: AbortSignal) => Promise<void>
  /** Maximum number of tasks at a time. */
  readonly concurrency: number
  /** Seconds without a sign of life after which another worker may take a task; a task that was added with another lease keeps that one. */
  readonly leaseSeconds: number
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
  readonly leaseMs: number
  /** Time of the last sign of life that the database has. */
  seenAt: number
  /** Time of the last sign of life that was sent. */
  sentAt: number
}

/** Also after a notification: a retry whose time has come does not notify. */
const pollMs = 1000
/**
 * Signs of life in a lease. A database that is away for two thirds of a lease therefore aborts no task: one sign may be a sixth old when
 * the database goes, and the next one comes within a sixth after it is back.
 */
const signsPerLease = 6

/**
 * Claims tasks and does up to `concurrency` of them at a time. Shows the database a sign of life of each, several times in a
 * lease. A task that another worker has taken is aborted. So is every task that the database has not seen for almost its whole lease:
 * another worker will continue it, and the two must not run at the same time.
 */
export function runClaimedTasks<Data>(
  boss: PgBoss,
  { queue, claim, run, concurrency, leaseSeconds, onError }: RunClaimedTasksOptions<Data>,
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
    running.set(job, { abort, done, leaseMs: (job.heartbeatSeconds ?? leaseSeconds) * 1000, seenAt, sentAt: seenAt })
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
    const askedAt = performance.now()
    const held = [...running].filter(
      ([, { abort, leaseMs, sentAt }]) => !abort.signal.aborted && askedAt - sentAt > leaseMs / signsPerLease - pollMs / 2,
    )
    if (held.length === 0) return
    for (const [, task] of held) task.sentAt = askedAt
    const { settled } = (await boss.touch(
      queue,
      held.map(([{ id, retryCount }]) => ({ id, retryCount })),
    )) as { readonly settled?: readonly string[] }
    for (const [job, task] of held) {
      if (settled?.includes(job.id)) task.seenAt = Math.max(task.seenAt, askedAt)
      else if (running.has(job)) task.abort.abort(new TaskTakenError())
    }
  }

  function abortUnseen(): void {
    const now = performance.now()
    for (const { abort, seenAt, leaseMs } of running.values())
      if (now - seenAt > leaseMs - pollMs) abort.abort(new TaskTakenError())
  }

  const timers = [
    setInterval(wake, pollMs),
    setInterval(abortUnseen, pollMs / 2),
    setInterval(() => void touchAll().catch(onError), pollMs / 2),
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
