import { accessSync, constants, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

import {
  ConfigurationError,
  type Environment,
  isLoopback,
  loadConfiguration,
  mistypedVariables,
  openVariables,
  type Problem,
  type Secret,
  shownValue,
  withoutBrackets,
} from '@swarmwatch/config'
import { decimal, host, oneLine, port, readVariables, secret, type Settings, wholeNumber } from '@swarmwatch/config/settings'

import { type ModelSettings, readModelSettings } from '../swarm/index.ts'
import { defaultLeaseSeconds } from './run-claimed-tasks.ts'

/** The settings of the worker. */
export interface WorkerSettings extends Pick<ModelSettings, 'realModel'> {
  /** `WORKER_PORT`. @default 8070 */
  readonly port: number
  /** `WORKER_HOST`. @default 127.0.0.1 */
  readonly host: string
  /** `WORKER_TOKEN` or `WORKER_TOKEN_FILE`; required if other machines can reach the worker. @default none */
  readonly token: Secret | undefined
  /** `WORKER_CONCURRENCY`: maximum number of running tasks; agents mostly wait, also between attempts. @default 20 */
  readonly concurrency: number
  /** `WORKER_QUEUE_LIMIT`: maximum number of queued tasks. @default 100 */
  readonly queueLimit: number
  /**
   * `WORKER_AGENT_CONCURRENCY`: maximum number of running tasks of an agent over all workers; requires a database.
   * @default none
   */
  readonly agentConcurrency: number | undefined
  /**
   * `WORKER_PROVIDER_CONCURRENCY`: maximum number of running tasks over all workers with this `OPENAI_BASE_URL`; requires a database.
   * @default none
   */
  readonly providerConcurrency: number | undefined
  /** `WORKER_DATABASE_URL` or `WORKER_DATABASE_URL_FILE`: the PostgreSQL database of the queue. @default none, the queue is in memory */
  readonly databaseUrl: Secret | undefined
  /**
   * `WORKER_LEASE_SECONDS`: seconds after which another worker continues the tasks of a worker that has died. A database that is away for
   * two thirds of it aborts no task. @default 90
   */
  readonly leaseSeconds: number
  /** `WORKER_TASKS_PER_MINUTE` of the built-in schedule; 0 turns it off. @default 6 */
  readonly tasksPerMinute: number
  /** `WORKER_DRAIN_SECONDS`: time that running tasks have to finish after the stop. @default 20 */
  readonly drainSeconds: number
  /** `WORKER_WORKSPACE_DIR`: parent of the folder for the files of the tasks, which is removed at the end. @default tmpdir() */
  readonly workspaceParent: string
  /** One line for each variable of the worker that looks mistyped. */
  readonly notices: readonly string[]
}

function isPostgresUrl(text: string): boolean {
  const { protocol = '', pathname = '' } = URL.parse(text) ?? {}
  // a / in the password ends the host, and the rest would be shown as the name of the database
  return /^postgres(ql)?:$/.test(protocol) && !pathname.includes('@')
}

/** The definitions of the settings that only the worker has; the table in the README is made from them. */
export const workerSettings: Settings<Omit<WorkerSettings, 'realModel' | 'notices'>> = {
  port: { about: 'Port of the worker; 0 selects a free port.', variable: 'WORKER_PORT', value: port, default: 8070 },
  host: { about: 'Address that the worker listens on.', variable: 'WORKER_HOST', value: host, default: '127.0.0.1' },
  token: {
    about: 'Bearer token that task requests must carry. Required if other machines can reach WORKER_HOST.',
    variable: 'WORKER_TOKEN',
    value: secret('must be at least 16 characters of ASCII without spaces', (text) => text.length >= 16 && !/[^!-~]/.test(text)),
    default: undefined,
  },
  concurrency: {
    about: 'Maximum number of running tasks. A task that waits between two attempts keeps its place.',
    variable: 'WORKER_CONCURRENCY',
    value: wholeNumber(1, 100),
    default: 20,
  },
  queueLimit: {
    about: 'Maximum number of queued tasks.',
    variable: 'WORKER_QUEUE_LIMIT',
    value: wholeNumber(1, 10_000),
    default: 100,
  },
  agentConcurrency: {
    about: 'Maximum number of running tasks of an agent over all workers. Requires WORKER_DATABASE_URL.',
    variable: 'WORKER_AGENT_CONCURRENCY',
    value: wholeNumber(1, 10_000),
    default: undefined,
  },
  providerConcurrency: {
    about:
      'Maximum number of running tasks over all workers with the host of OPENAI_BASE_URL (or the scripted model). Requires WORKER_DATABASE_URL.',
    variable: 'WORKER_PROVIDER_CONCURRENCY',
    value: wholeNumber(1, 10_000),
    default: undefined,
  },
  databaseUrl: {
    about:
      'PostgreSQL database of the queue, which several workers share and which survives them. Without it the queue is in memory.',
    variable: 'WORKER_DATABASE_URL',
    value: secret('must be a postgres:// or postgresql:// URL, with user and password percent-encoded', isPostgresUrl),
    default: undefined,
  },
  leaseSeconds: {
    about:
      'Seconds after which another worker continues the tasks of a worker that has died. A database that is away for two thirds of it aborts no task.',
    variable: 'WORKER_LEASE_SECONDS',
    value: wholeNumber(10, 3600),
    default: defaultLeaseSeconds,
  },
  tasksPerMinute: {
    about: 'Tasks per minute of the built-in schedule; 0 turns it off.',
    variable: 'WORKER_TASKS_PER_MINUTE',
    value: decimal('must be 0, or a number from 0.01 to 600', (value) => value === 0 || (value >= 0.01 && value <= 600)),
    default: 6,
  },
  drainSeconds: {
    about: 'Time that running tasks have to finish during a stop. The whole stop takes less than 7 s more.',
    variable: 'WORKER_DRAIN_SECONDS',
    value: decimal('must be a number of seconds from 0 to 3600', (value) => value >= 0 && value <= 3600),
    default: 20,
  },
  workspaceParent: {
    about:
      'Parent of the folder for the files of the tasks. The files of a task are removed when it ends, the folder at the end.',
    variable: 'WORKER_WORKSPACE_DIR',
    value: oneLine,
    default: tmpdir(),
    shownDefault: "the system's folder for temporary files",
  },
}

/** Reads all settings of the worker. Throws a ConfigurationError that lists every problem, including those of the telemetry. */
export function readWorkerSettings(env: Environment): WorkerSettings {
  const problems: Problem[] = []
  const variables = openVariables(env, (path) => readFileSync(path, 'utf8'), problems, { trims: true })
  const { realModel } = readModelSettings(variables, problems)
  const { values: settings } = readVariables(workerSettings, variables, problems)
  problems.push(
    ...missingToken(variables.plain('WORKER_HOST')?.text ?? settings.host, settings.token, problems),
    ...limitsWithoutDatabase(settings, problems),
    ...folderProblems(settings.workspaceParent),
    ...telemetryProblems(env),
  )
  if (problems.length > 0) throw new ConfigurationError(problems)
  return { ...settings, realModel, notices: noticesOf(env, variables.known) }
}

/** Only the worker's own variables: startTelemetry() reports those of the telemetry. */
function noticesOf(env: Environment, known: ReadonlySet<string>): string[] {
  const removed = env['SWARM_PRICES'] ? ['SWARM_PRICES has no effect: add the prices to `prices` in the settings file'] : []
  const own = Object.entries(env).filter(([name]) => /^_?W[A-Z]{3,6}_?/i.test(name))
  return [
    ...removed,
    ...mistypedVariables(Object.fromEntries(own), new Set([...known].filter((name) => name.startsWith('WORKER_')))),
  ]
}

/** An invalid `host` counts as reachable, so that its problem does not hide this one. */
function missingToken(host: string, token: Secret | undefined, found: readonly Problem[]): Problem[] {
  const isReported = found.some(({ path }) => path.startsWith('WORKER_TOKEN'))
  if (token !== undefined || isReported || isLoopback(withoutBrackets(host))) return []
  const rule = `must be set, or WORKER_TOKEN_FILE, because WORKER_HOST ${shownValue(host)} is reachable from other machines`
  return [{ path: 'WORKER_TOKEN', rule }]
}

/** The queue in memory belongs to one worker, so that it cannot limit all of them. */
function limitsWithoutDatabase(
  { databaseUrl, agentConcurrency, providerConcurrency }: Omit<WorkerSettings, 'realModel' | 'notices'>,
  found: readonly Problem[],
): Problem[] {
  if (databaseUrl !== undefined || found.some(({ path }) => path.startsWith('WORKER_DATABASE_URL'))) return []
  const limits = { WORKER_AGENT_CONCURRENCY: agentConcurrency, WORKER_PROVIDER_CONCURRENCY: providerConcurrency }
  return Object.entries(limits)
    .filter(([, limit]) => limit !== undefined)
    .map(([path]) => ({
      path,
      rule: 'requires WORKER_DATABASE_URL, because it limits all workers of a queue; set it, or remove the limit',
    }))
}

function folderProblems(folder: string): Problem[] {
  try {
    accessSync(`${folder}/`, constants.W_OK)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return [{ path: 'WORKER_WORKSPACE_DIR', rule: `must name a folder that can be written (${code})`, value: shownValue(folder) }]
  }
}

function telemetryProblems(env: Environment): readonly Problem[] {
  try {
    loadConfiguration({ env })
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
  }
}
