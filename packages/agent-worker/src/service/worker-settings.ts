import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'

import {
  ConfigurationError,
  isHost,
  isLoopback,
  loadConfiguration,
  mistypedVariables,
  type Problem,
  Secret,
  shownValue,
  withoutBrackets,
} from '@swarmwatch/config'

import { type ModelSettings, readModelSettings } from '../settings/model-settings.ts'
import { type Environment, openSettingReader, wholeNumber } from '../settings/setting-reader.ts'
import { loadPrices, type PriceTable, PriceTableError } from '../swarm/index.ts'

/** What the environment asks of the worker. */
export interface WorkerSettings extends Pick<ModelSettings, 'realModel'> {
  /** `WORKER_PORT`. @default 8070 */
  readonly port: number
  /** `WORKER_HOST`. @default 127.0.0.1 */
  readonly host: string
  /** `WORKER_TOKEN` or `WORKER_TOKEN_FILE`; must be there when others than this machine reach the worker. @default none */
  readonly token: Secret | undefined
  /** `WORKER_CONCURRENCY`: tasks at a time; agents mostly wait, also between attempts. @default 20 */
  readonly concurrency: number
  /** `WORKER_QUEUE_LIMIT`: so many tasks may wait to be begun. @default 100 */
  readonly queueLimit: number
  /** `WORKER_TASKS_PER_MINUTE` of the built-in schedule; 0 is off. @default 6 */
  readonly tasksPerMinute: number
  /** `WORKER_DRAIN_SECONDS`: how long running tasks may go on after the stop. @default 20 */
  readonly drainSeconds: number
  /** `WORKER_WORKSPACE_DIR`: here a folder for the tasks' files is made, and removed at the end. @default the system's for temporary files */
  readonly workspaceParent: string
  readonly prices: PriceTable
  /** A line for each variable of the worker's that looks mistyped. */
  readonly notices: readonly string[]
}

const tasksPerMinute = {
  default: 6,
  rule: 'must be 0, or a number from 0.01 to 600',
  isValid: (value: number) => value === 0 || (value >= 0.01 && value <= 600),
}
const drainSeconds = {
  default: 20,
  rule: 'must be a number of seconds from 0 to 3600',
  isValid: (value: number) => value <= 3600,
}

/**
 * Reads all settings of the worker. Rejects with ConfigurationError, which lists every problem, those of the telemetry's settings
 * with them.
 */
export async function readWorkerSettings(env: Environment): Promise<WorkerSettings> {
  const reader = openSettingReader(env)
  const { problems, known } = reader
  const { realModel, pricesFile } = readModelSettings(reader)
  const settings = {
    port: reader.number('WORKER_PORT', wholeNumber(0, 65_535, 8070)),
    host: withoutBrackets(reader.text('WORKER_HOST') ?? '127.0.0.1'),
    token: reader.secret('WORKER_TOKEN'),
    concurrency: reader.number('WORKER_CONCURRENCY', wholeNumber(1, 100, 20)),
    queueLimit: reader.number('WORKER_QUEUE_LIMIT', wholeNumber(1, 10_000, 100)),
    tasksPerMinute: reader.number('WORKER_TASKS_PER_MINUTE', tasksPerMinute),
    drainSeconds: reader.number('WORKER_DRAIN_SECONDS', drainSeconds),
    workspaceParent: reader.text('WORKER_WORKSPACE_DIR') ?? tmpdir(),
  }
  problems.push(
    ...hostProblems(settings.host),
    ...tokenProblems(settings, problems),
    ...folderProblems(settings.workspaceParent),
    ...telemetryProblems(env),
  )
  const prices = await loadPrices(pricesFile).catch((error: unknown) => priceProblem(error, problems))
  if (problems.length > 0) throw new ConfigurationError(problems)
  const { token, ...rest } = settings
  return {
    ...rest,
    token: token === undefined ? undefined : new Secret(token),
    realModel,
    prices,
    notices: noticesOf(env, known),
  }
}

/** Of the worker's own variables: those of the telemetry are reported when it starts. */
function noticesOf(env: Environment, known: ReadonlySet<string>): string[] {
  const own = Object.entries(env).filter(([name]) => /^_?W[A-Z]{3,6}_?/i.test(name))
  return mistypedVariables(Object.fromEntries(own), new Set([...known].filter((name) => name.startsWith('WORKER_'))))
}

function hostProblems(host: string): Problem[] {
  if (isHost(host)) return []
  return [{ path: 'WORKER_HOST', rule: 'must be a host name or an IP address, without a port', value: shownValue(host) }]
}

function tokenProblems(
  { host, token }: { readonly host: string; readonly token: string | undefined },
  found: readonly Problem[],
): Problem[] {
  const isUnreadable = found.some(({ path }) => path.startsWith('WORKER_TOKEN'))
  if (token === undefined && !isUnreadable && !isLoopback(host)) {
    const rule = `must be set, or WORKER_TOKEN_FILE, because WORKER_HOST ${shownValue(host)} is open to others than this machine`
    return [{ path: 'WORKER_TOKEN', rule }]
  }
  if (token === undefined || (token.length >= 16 && !/[^!-~]/.test(token))) return []
  return [{ path: 'WORKER_TOKEN', rule: 'must be at least 16 characters of ASCII without blanks', value: '***' }]
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

function priceProblem(error: unknown, problems: Problem[]): PriceTable {
  if (!(error instanceof PriceTableError)) throw error
  problems.push({ path: 'SWARM_PRICES', rule: `must name a usable price table: ${error.message.split(/\s*\n\s*/).join(' ')}` })
  return {}
}
