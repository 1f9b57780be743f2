import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { SpanKind, trace } from '@opentelemetry/api'
import type { Secret } from '@swarmwatch/config'
import { configureOnce, currentTraceparent, errorType, postgresOnceStore, recoveryOf, startExecution } from '@swarmwatch/sdk'
import type { JobWithMetadata, PgBoss } from 'pg-boss'

import { type AgentName, findItem } from '../swarm/index.ts'
import { type ClaimLimits, ignoringDuplicates, openClaims } from './claim-tasks.ts'
import { QueueDatabaseError } from './queue-database-error.ts'
import { exportQueueDepth, type QueueDepth } from './queue-metrics.ts'
import { defaultLeaseSeconds, runClaimedTasks, TaskTakenError } from './run-claimed-tasks.ts'
import type { Refusal, Task, TaskCounts, TaskState, WorkQueue } from './task-queue.ts'
import type { TaskFault, TaskRequest } from './task-request.ts'

/** Options for {@link openDurableQueue}. */
export interface DurableQueueOptions extends ClaimLimits {
  /** A `postgres:` URL. The tables are in the schemas `swarmwatch_worker` and `public` (`swarmwatch_once`). */
  readonly databaseUrl: Secret
  /** Maximum number of running tasks of this worker. */
  readonly concurrency: number
  /** Maximum number of queued tasks, over all workers. */
  readonly queueLimit: number
  /** Retries of a task of this agent. */
  readonly maxRetries: (agent: AgentName) => number
  /**
   * Seconds after which another worker continues the task of a worker that has died; at least 10. A database that is away for two thirds
   * of it aborts no task. @default 90
   */
  readonly leaseSeconds?: number | undefined
  readonly log: (line: string) => void
}

/** The content of a job. */
interface JobData {
  readonly number: number
  readonly agent: AgentName
  readonly item: string
  readonly title: string
  readonly fault?: TaskFault | undefined
  readonly traceparent?: string | undefined
}

type Job = JobWithMetadata<JobData>

const schema = 'swarmwatch_worker'
const tasks = 'tasks'
/** Tasks that failed: pg-boss copies them here, also those whose worker died in their last attempt. */
const failed = 'failed-tasks'
/** Wait until the end of a task is stored again after the database failed. */
const settleAgainMs = 500
/**
 * Options of `pg` that the types of pg-boss lack. A server whose machine is gone, or a firewall that forgot a connection, answers nothing,
 * and Linux would wait a quarter of an hour. Longer than any statement takes, also those with which pg-boss updates its tables.
 */
const silenceLimits: object = { query_timeout: 60_000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 }
/** Channel on which a worker that adds a task wakes the others. */
const channel = 'swarmwatch_worker_tasks'

/**
 * Opens a queue in PostgreSQL that any number of workers share. Tasks survive the death of every worker; another one continues them, as
 * a further attempt of the same execution in the same trace, and does not repeat tools with `once`. Rejects with QueueDatabaseError if
 * the database cannot be used.
 */
export async function openDurableQueue(
  work: (task: Task, signal: AbortSignal) => Promise<unknown>,
  { databaseUrl, concurrency, queueLimit, maxRetries, leaseSeconds = defaultLeaseSeconds, log, ...limits }: DurableQueueOptions,
): Promise<WorkQueue> {
  // Loaded here, because the queue in memory needs no database
  const { PgBoss } = await import('pg-boss')
  const url = databaseUrl.reveal()
  const boss = new PgBoss({
    connectionString: url,
    schema,
    application_name: 'swarmwatch-worker',
    // Every worker looks for the tasks of dead ones; the work is done once
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    schedule: false,
    // Its spans would be a second trace
    openTelemetry: { enabled: false },
    ...silenceLimits,
  })
  boss.on('error', logError)
  const claim = await prepare(boss, { leaseSeconds, ...limits }).catch(async (error: unknown) => {
    await boss.stop({ graceful: false }).catch(() => {})
    throw new QueueDatabaseError(url, error)
  })
  const store = postgresOnceStore(url)
  configureOnce({ store })
  const database = boss.getDb()
  const totals = { succeeded: 0, failed: 0, cancelled: 0 }
  let isClosed = false
  let lastLine = ''

  function logOnce(line: string): void {
    if (line !== lastLine) log(line)
    lastLine = line
  }

  function logError(error: unknown): void {
    logOnce(`the database of the queue: ${errorType(error)}`)
  }

  async function add(request: TaskRequest, { slot }: { readonly slot?: string } = {}): Promise<Task | Refusal> {
    if (isClosed) return 'stopping'
    if ((await queuedTasks()) >= queueLimit) return 'full'
    const { rows } = await database.executeSql(`SELECT nextval('${schema}.task_numbers')::int AS number`)
    const { number } = rows[0] as { number: number }
    const { agent, item, title, fault, priority } = request
    const id = await withSpan(() => {
      const data: JobData = { number, agent, item: item.id, title, fault, traceparent: currentTraceparent() }
      return boss.send(tasks, data, {
        // A job with this id exists if another worker has added the task of the slot
        ...(slot !== undefined && { id: uuidOf(slot) }),
        ...(priority !== undefined && { priority }),
        group: { id: agent },
        retryLimit: maxRetries(agent),
      })
    })
    if (id === null) return 'known'
    await database.executeSql(`SELECT pg_notify('${channel}', '')`)
    return { id, number, request, queuedAt: new Date(), state: 'queued' }
  }

  async function depth(): Promise<QueueDepth> {
    const { rows } = await database.executeSql(`
      SELECT count(*) FILTER (WHERE state < 'active' AND start_after <= now())::int AS queued,
        count(*) FILTER (WHERE state < 'active' AND start_after > now())::int AS waiting,
        count(*) FILTER (WHERE state = 'active')::int AS running,
        coalesce(extract(epoch FROM now() - min(greatest(created_on, start_after))
          FILTER (WHERE state < 'active' AND start_after <= now())), 0)::float AS "oldestSeconds"
      FROM ${schema}.job WHERE name = '${tasks}' AND state <= 'active'`)
    return rows[0] as QueueDepth
  }

  async function queuedTasks(): Promise<number> {
    const { queued, waiting } = await depth()
    return queued + waiting
  }

  /** Rejects if this worker was silent for so long that another one has taken the task: only one of the two may count its end. */
  async function confirmTask({ id, retryCount }: Job, signal: AbortSignal): Promise<void> {
    if (!hasChanged(await insist(() => boss.touch(tasks, { id, retryCount }), signal))) throw new TaskTakenError()
  }

  /** Does an attempt and settles the job. */
  async function attempt(job: Job, signal: AbortSignal): Promise<void> {
    const { id, retryCount } = job
    try {
      await work({ ...taskOf(job), confirm: () => confirmTask(job, signal) }, signal)
    } catch (error) {
      if (error instanceof TaskTakenError || signal.reason instanceof TaskTakenError) return
      await settleFailure(job, error, signal)
      return
    }
    totals.succeeded += 1
    await insist(() => boss.complete(tasks, { id, retryCount }), signal)
  }

  /** Repeats a command until the database accepts it, while its task is ours; otherwise another worker would do the task again. */
  async function insist<T>(command: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await command()
      } catch (error) {
        if (signal.aborted) throw error
        logError(error)
        await pause(settleAgainMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  async function settleFailure({ id, retryCount, retryLimit }: Job, error: unknown, signal: AbortSignal): Promise<void> {
    // The SDK has counted and logged the error; errors of the AI SDK hold prompts, so only the type is kept
    const output = { errorType: errorType(error) }
    const isStopped = errorType(signal.reason) === 'AbortError'
    const { isRetryable = true, waitSeconds } = recoveryOf(error) ?? {}
    const isLast = !isRetryable || retryCount >= retryLimit
    if (isLast) {
      totals[isStopped ? 'cancelled' : 'failed'] += 1
      const ours = "name = $1 AND id = $2 AND retry_count = $3 AND state = 'active'"
      const endRetries = `UPDATE ${schema}.job SET retry_limit = retry_count WHERE ${ours}`
      await insist(() => database.executeSql(endRetries, [tasks, id, retryCount]), signal)
    }
    const isOurs = hasChanged(await insist(() => boss.fail(tasks, { id, retryCount }, output), signal))
    const startAfter = isStopped ? 0 : waitSeconds
    if (isOurs && !isLast && startAfter !== undefined) await boss.update(tasks, undefined, { id, startAfter })
  }

  const claimed = runClaimedTasks<JobData>(boss, {
    queue: tasks,
    claim,
    run: (job, signal) => attempt(job, signal).catch(logError),
    concurrency,
    leaseSeconds,
    onError: logError,
  })
  // Without it, for example behind PgBouncer, tasks are found within a second
  const listener = await database.listen!(channel, claimed.wake, claimed.wake).catch(logError)
  await boss.work(failed, { includeMetadata: true, pollingIntervalSeconds: 1 }, async ([job]: Job[]) => {
    // With an output, its last attempt has counted the execution
    if (!job || (job.sourceOutput !== null && 'errorType' in job.sourceOutput)) return
    totals.failed += 1
    const error = Object.assign(new Error('the worker of the last attempt died'), { name: 'WorkerLostError' })
    startExecution(job.data.agent).complete({ success: false, error })
  })

  const endExport = exportQueueDepth(depth)
  return {
    add,
    async find(id) {
      const job = isUuid.test(id) ? await boss.getJobById<JobData>(tasks, id) : null
      return job ? taskOf(job) : undefined
    },
    counts: async (): Promise<TaskCounts> => ({ queued: await queuedTasks(), running: claimed.running(), ...totals }),
    ownCounts: () => ({ running: claimed.running(), ...totals }),
    async close() {
      isClosed = true
      claimed.close()
      await boss.offWork(failed, { wait: false })
      // The others do them
      return 0
    },
    drain: (ms) => claimed.drain(ms),
    async end() {
      claimed.end()
      endExport()
      await listener?.close()
      await boss.stop({ graceful: true, timeout: 1000 })
      await store.close()
    },
  }
}

/** Creates the tables and returns what claims tasks. */
async function prepare(boss: PgBoss, { leaseSeconds, ...limits }: ClaimLimits & { readonly leaseSeconds: number }) {
  await boss.start()
  await ignoringDuplicates(boss.getDb().executeSql(`CREATE SEQUENCE IF NOT EXISTS ${schema}.task_numbers`))
  await boss.createQueue(failed)
  await boss.createQueue(tasks, { deadLetter: failed, retryDelay: 1, heartbeatSeconds: leaseSeconds })
  // An existing queue keeps its lease otherwise. It is that of the worker which started last, for tasks that are added from now on
  await boss.updateQueue(tasks, { heartbeatSeconds: leaseSeconds })
  return openClaims<JobData>(boss, tasks, schema, limits)
}

const states: Readonly<Record<Job['state'], TaskState>> = {
  created: 'queued',
  retry: 'queued',
  active: 'running',
  completed: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
}

function taskOf(job: Job): Task {
  const { number, agent, item: itemId, title, fault, traceparent } = job.data
  const item = findItem(itemId)
  if (!item) throw new TypeError(`the task names the unknown item ${itemId}`)
  const { id, retryCount, retryLimit, createdOn, startedOn, completedOn, output } = job
  const lastError = (output as { errorType?: string } | null)?.errorType
  return {
    id,
    number,
    request: { agent, item, title, fault },
    queuedAt: createdOn,
    state: states[job.state],
    startedAt: startedOn ?? undefined,
    finishedAt: completedOn ?? undefined,
    errorType: job.state === 'failed' ? (lastError ?? 'WorkerLostError') : undefined,
    continuation: {
      executionId: `${schema}/${id}`,
      attempt: retryCount + 1,
      isFinal: ({ isRetryable }) => !isRetryable || retryCount >= retryLimit,
      firstStartedAt: createdOn,
      previousErrorType: lastError,
      traceparent,
    },
  }
}

/** Calls `send` in a span of its own: the root of the trace of a task. */
function withSpan<T>(send: () => Promise<T>): Promise<T> {
  const attributes = { 'messaging.system': 'pg-boss', 'messaging.operation.name': 'send', 'messaging.destination.name': tasks }
  return trace
    .getTracer('@swarmwatch/agent-worker')
    .startActiveSpan(`send ${tasks}`, { kind: SpanKind.PRODUCER, attributes }, (span) => send().finally(() => span.end()))
}

/** Whether a command of pg-boss has changed the job; it does not if another worker holds the job. Its types lack the number. */
const hasChanged = (response: object): boolean => (response as { readonly affected?: number }).affected !== 0

const isUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A UUID (version 8) that is the same for the same text. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex')
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-')
}
