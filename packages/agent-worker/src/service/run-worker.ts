import { randomInt } from 'node:crypto'
import { once } from 'node:events'

import { type Environment, hostAndPort, loadConfiguration } from '@swarmwatch/config'
import { serve } from '@swarmwatch/config/listen'
import { startTelemetry } from '@swarmwatch/node'
import { errorType } from '@swarmwatch/sdk'

import { maxConnections } from '../http-server.ts'
import { firstFaultOf } from '../model-server/index.ts'
import { allRunsCounted, referenceAgents, startSwarmEnvironment } from '../swarm/index.ts'
import { openDurableQueue } from './durable-queue.ts'
import { openSchedule } from './open-schedule.ts'
import { openTaskQueue, type Task, type TaskCounts, type WorkQueue } from './task-queue.ts'
import { backgroundFaults, taskFaults, taskWork } from './task-work.ts'
import { workerRequests } from './worker-requests.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** Version of this package in its telemetry; a test compares it with package.json. */
export const version = '0.1.0'

/** Options for {@link runWorker}. */
export interface WorkerOptions {
  /** Stops the worker; the log names its reason. */
  readonly stop: AbortSignal
  readonly log: (line: string) => void
  /** Environment variables for the telemetry. */
  readonly env: Environment
  /** Decides the order of the agents and the faults of the scripted model. @default a random number */
  readonly seed?: number
}

/** An attempt with the scripted model takes 3 s, and 8 s with two slow answers. */
const attemptTimeoutSeconds = 10

/**
 * Runs the worker until `stop` aborts, then lets the running tasks finish and flushes the telemetry. Rejects only if the worker cannot
 * start: with ConfigurationError, or with ListenError if it cannot listen on its address.
 */
export async function runWorker(settings: WorkerSettings, options: WorkerOptions): Promise<void> {
  const { env } = options
  const telemetry = await startTelemetry({
    serviceName: env['OTEL_SERVICE_NAME']?.trim() || 'agent-worker',
    // As a variable and not as an option, so that OTEL_RESOURCE_ATTRIBUTES can override the version
    env: { ...env, npm_package_version: version },
  })
  try {
    await work(settings, options)
  } finally {
    await telemetry.shutdown()
  }
}

async function work(settings: WorkerSettings, { stop, log, env, seed = randomInt(2 ** 31) }: WorkerOptions): Promise<void> {
  const { realModel, workspaceParent } = settings
  const requestedFaults = taskFaults()
  const faults = firstFaultOf(requestedFaults.plan, backgroundFaults(seed))
  const environment = await startSwarmEnvironment({
    realModel,
    faults,
    seed,
    attemptTimeoutSeconds,
    workspaceParent,
  })
  try {
    const { dependencies, modelName } = environment
    const agents = referenceAgents(dependencies)
    const doTask = taskWork({ agents, workspace: dependencies.workspace, faults: requestedFaults })
    const queue = await openQueue(doTask, settings, { log, env })
    const schedule = openSchedule(queue, { tasksPerMinute: settings.tasksPerMinute, seed, log })
    const isDraining = (): boolean => stop.aborted
    const handle = workerRequests({ queue, schedule, isDraining, token: settings.token, realModel: realModel?.model })
    const { host } = settings
    const { port, close } = await serve(handle, { host, port: settings.port, setting: 'WORKER', maxConnections })
    try {
      log(readyLine(`http://${hostAndPort(host, port)}`, settings, modelName))
      schedule.start()
      if (!stop.aborted) await once(stop, 'abort')
      schedule.stop()
      await endTasks(queue, String(stop.reason), settings, log)
    } finally {
      await close()
      await queue.end?.().catch((error: unknown) => log(`the database of the queue: ${errorType(error)}`))
    }
  } finally {
    await environment.close()
  }
}

/** Opens the queue in the database of the settings, or in memory. */
async function openQueue(
  doTask: (task: Task, signal: AbortSignal) => Promise<void>,
  settings: WorkerSettings,
  { log, env }: Pick<WorkerOptions, 'log' | 'env'>,
): Promise<WorkQueue> {
  const { databaseUrl, realModel } = settings
  if (!databaseUrl) return openTaskQueue(doTask, settings)
  const { agents, maxRetries } = loadConfiguration({ env }).recovery
  return openDurableQueue(doTask, {
    ...settings,
    databaseUrl,
    provider: realModel ? new URL(realModel.baseUrl).host : 'scripted',
    maxRetries: (agent) => agents[agent]?.maxRetries ?? maxRetries,
    log,
  })
}

/** Ends the tasks while the server still answers the health check. */
async function endTasks(
  queue: WorkQueue,
  reason: string,
  { drainSeconds, databaseUrl }: WorkerSettings,
  log: WorkerOptions['log'],
): Promise<void> {
  const dropped = await queue.close()
  const { running } = await countsOf(queue)
  log(stoppingLine(reason, running, databaseUrl ? undefined : dropped, drainSeconds))
  const aborted = await queue.drain(drainSeconds * 1000)
  if (aborted > 0) log(abortedLine(aborted, drainSeconds))
  await allRunsCounted()
  log(stoppedLine(await countsOf(queue)))
}

/** The counts of this worker, also if the database of the queue is gone. */
async function countsOf(queue: WorkQueue): Promise<Omit<TaskCounts, 'queued'>> {
  return queue.ownCounts?.() ?? queue.counts()
}

/** `ready on http://127.0.0.1:8070, model scripted-1 (scripted), 6 tasks a minute, 20 at a time` */
function readyLine(
  url: string,
  { realModel, tasksPerMinute, concurrency, databaseUrl }: WorkerSettings,
  modelName: string,
): string {
  const model = `${modelName} ${realModel ? `at ${new URL(realModel.baseUrl).host}` : '(scripted)'}`
  const schedule = tasksPerMinute === 0 ? 'no schedule' : `${tasks(tasksPerMinute)} a minute`
  const queue = databaseUrl ? ', queue in PostgreSQL' : ''
  return `ready on ${url}, model ${model}, ${schedule}, ${concurrency} at a time${queue}`
}

/** `SIGTERM: stopping; 2 running tasks have 20 s to finish, 5 queued tasks are cancelled` */
function stoppingLine(reason: string, running: number, dropped: number | undefined, drainSeconds: number): string {
  const [have, are] = [running === 1 ? 'has' : 'have', dropped === 1 ? 'is' : 'are']
  const rest = dropped === undefined ? 'queued tasks stay in the database' : `${tasks(dropped, 'queued')} ${are} cancelled`
  return `${reason}: stopping; ${tasks(running, 'running')} ${have} ${drainSeconds} s to finish, ${rest}`
}

/** `2 running tasks did not finish within 20 s and are aborted` */
function abortedLine(count: number, drainSeconds: number): string {
  return `${tasks(count, 'running')} did not finish within ${drainSeconds} s and ${count === 1 ? 'is' : 'are'} aborted`
}

/** `stopped; since the start 812 tasks succeeded, 0 failed, 5 were cancelled` */
function stoppedLine({ succeeded, failed, cancelled }: Omit<TaskCounts, 'queued'>): string {
  return `stopped; since the start ${tasks(succeeded)} succeeded, ${failed} failed, ${cancelled} were cancelled`
}

function tasks(count: number, kind = ''): string {
  return `${count} ${kind === '' ? '' : `${kind} `}task${count === 1 ? '' : 's'}`
}
