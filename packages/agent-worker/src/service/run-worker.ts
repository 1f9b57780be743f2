import { randomInt } from 'node:crypto'
import { once } from 'node:events'

import { startTelemetry } from '@swarmwatch/node'

import { referenceAgents } from '../agents/reference-agents.ts'
import { allRunsCounted } from '../all-runs-counted.ts'
import { startHttpServer } from '../http-server.ts'
import { firstFaultOf } from '../model-server/fault-plan.ts'
import { openWorld } from '../open-world.ts'
import type { Environment } from '../settings/setting-reader.ts'
import { version } from '../version.ts'
import { abortedLine, readyLine, stoppedLine, stoppingLine } from './log-lines.ts'
import { openSchedule } from './open-schedule.ts'
import { orderedFaults } from './ordered-faults.ts'
import { rareFaults } from './rare-faults.ts'
import { openTaskQueue, type TaskQueue } from './task-queue.ts'
import { taskWork } from './task-work.ts'
import { workerRequests } from './worker-requests.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** An attempt with the scripted model takes three seconds, with two slow answers eight. */
const attemptTimeoutSeconds = 10

/** What the worker is given besides its settings. */
export interface WorkerOptions {
  /** Stops the worker; its reason is said. */
  readonly stop: AbortSignal
  readonly say: (line: string) => void
  /** For the telemetry. */
  readonly env: Environment
  /** Decides chance: whose turn it is, and how the scripted model misbehaves. @default another in each process */
  readonly seed?: number
}

/**
 * Runs the worker until `stop` aborts, then lets running tasks end, and flushes its telemetry. Rejects only if it could not start: with
 * ConfigurationError, or with what the system says of its address.
 */
export async function runWorker(settings: WorkerSettings, options: WorkerOptions): Promise<void> {
  const { env } = options
  const telemetry = await startTelemetry({
    serviceName: env['OTEL_SERVICE_NAME']?.trim() || 'agent-worker',
    // Not in code, so that OTEL_RESOURCE_ATTRIBUTES may say which build this is
    env: { ...env, npm_package_version: version },
  })
  try {
    await work(settings, options)
  } finally {
    await telemetry.shutdown()
  }
}

async function work(settings: WorkerSettings, { stop, say, seed = randomInt(2 ** 31) }: WorkerOptions): Promise<void> {
  const { realModel, prices, workspaceParent } = settings
  const ordered = orderedFaults()
  const faults = firstFaultOf(ordered.plan, rareFaults(seed))
  const world = await openWorld({ realModel, prices, faults, seed, attemptTimeoutSeconds, workspaceParent, say })
  try {
    const { kit, modelName } = world
    const doTask = taskWork({ agents: referenceAgents(kit), workspace: kit.workspace, faults: ordered })
    const queue = openTaskQueue(doTask, settings)
    const schedule = openSchedule(queue, { tasksPerMinute: settings.tasksPerMinute, seed, say })
    const isDraining = (): boolean => stop.aborted
    const handle = workerRequests({ queue, schedule, isDraining, token: settings.token, realModel: realModel?.model })
    const server = await startHttpServer(handle, settings)
    try {
      say(readyLine(server.url, settings, modelName))
      schedule.start()
      if (!stop.aborted) await once(stop, 'abort')
      schedule.stop()
      await endTasks(queue, String(stop.reason), settings.drainSeconds, say)
    } finally {
      await server.close()
    }
  } finally {
    await world.close()
  }
}

/** The health check is answered meanwhile. */
async function endTasks(queue: TaskQueue, reason: string, drainSeconds: number, say: WorkerOptions['say']): Promise<void> {
  const dropped = queue.close()
  say(stoppingLine(reason, queue.counts().running, dropped, drainSeconds))
  const aborted = await queue.drain(drainSeconds * 1000)
  if (aborted > 0) say(abortedLine(aborted, drainSeconds))
  await allRunsCounted()
  say(stoppedLine(queue.counts()))
}
