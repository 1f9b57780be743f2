import { setImmediate as nextTurn } from 'node:timers/promises'

import {
  type ActiveExecution,
  type ActiveExecutionsOptions,
  type AgentMetrics,
  type AttemptRecord,
  type ExecutionMetrics,
  type ExecutionRecord,
  getActiveExecutions,
  getExecutionMetrics,
  getSystemHealth,
  type SystemHealth,
  type Totals,
} from '@swarmwatch/sdk'

import type { CurrentAlert } from '../alerts/start-alert-rules.ts'
import { historyMs, type Sample } from './chart.ts'
import { chartedValues, type FigureSource, healthAnswer } from './figures.ts'
import { maxLength, shownText } from './format.ts'

/** Rows of each table at most, so that the page stays short whatever the swarm does. */
export const maxRows = { running: 100, recent: 50, agents: 200 } as const

/** A run in progress. */
export type RunningExecution = ExecutionRecord & Partial<Pick<ActiveExecution, 'isStuck'>>

/** Everything that the page shows, read at one moment. */
export interface PageValues extends FigureSource {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** The oldest ones; `health.activeExecutions` is how many there are. */
  readonly running: readonly RunningExecution[]
  /** Newest first. */
  readonly recent: readonly ExecutionRecord[]
  /** Address of a trace, with `{trace_id}` for its id. @default none */
  readonly traceLink?: string | undefined
  /** Undefined where no rules are evaluated. */
  readonly alerts: readonly CurrentAlert[] | undefined
  /** The last one is of this moment, so that a chart never contradicts the figure above it. */
  readonly history: readonly Sample[]
}

/** Reads everything at one moment, with a bounded amount of work. */
export function readPageValues({ health, metrics, active, alerts, now }: FilledSources, history: readonly Sample[]): PageValues {
  const { agents, recent, ...totals } = metrics({ recent: maxRows.recent })
  const [source, atMs] = [{ health: health(), totals, agents }, now()]
  return {
    ...source,
    atMs,
    running: active({ limit: maxRows.running }).slice(0, maxRows.running),
    recent: recent.slice(0, maxRows.recent),
    alerts: alerts?.(),
    history: [
      ...history.filter((sample) => sample.atMs > atMs - historyMs && sample.atMs < atMs),
      { atMs, values: chartedValues(source) },
    ],
  }
}

/** The sources of the page's values. */
export interface StatusSources {
  /** @default getSystemHealth */
  readonly health?: () => SystemHealth
  /** @default getExecutionMetrics */
  readonly metrics?: (options: { readonly recent: number; readonly agentName?: string | undefined }) => ExecutionMetrics
  /** At most `limit` of the oldest. @default getActiveExecutions */
  readonly active?: (options: ActiveExecutionsOptions) => readonly RunningExecution[]
  /** Worst first; `alertRules.current`. Without it the page shows that no rules are evaluated. */
  readonly alerts?: (() => readonly CurrentAlert[]) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** The sources with their defaults. */
export type FilledSources = Required<StatusSources>

/** The sources, with the functions of the SDK as defaults. */
export function filledSources({
  health = getSystemHealth,
  metrics = getExecutionMetrics,
  active = getActiveExecutions,
  alerts,
  now = () => Date.now(),
}: StatusSources): FilledSources {
  return { health, metrics, active, alerts, now }
}

/**
 * The values for the figures now. The sums of all agents are read only when a figure asks for them.
 */
export function figureSource({ health, metrics }: FilledSources): FigureSource {
  let read: ExecutionMetrics | undefined
  const sums = (): ExecutionMetrics => (read ??= metrics({ recent: 0 }))
  return {
    health: health(),
    get totals() {
      const { agents: _, recent: __, ...totals } = sums()
      return totals
    },
    get agents() {
      return sums().agents
    },
  }
}

/** Selection of executions. */
export interface ExecutionsQuery {
  /** Finished ones, at most this many. */
  readonly limit: number
  /** Only executions of this agent. */
  readonly agentName: string | undefined
}

/**
 * Answers of the JSON addresses. They have the field names of the SDK; text of agents and errors is
 * cut and escaped as on the page.
 */
export interface JsonAnswers {
  health(): ReturnType<typeof healthAnswer>
  /** All agents, or the agent with this name. */
  agents(agentName: string | undefined): { totals: Readonly<Totals>; agents: AgentMetrics[] }
  /**
   * `{ running, recent }` as JSON text: the 1,000 oldest runs in progress, and the newest `limit`
   * finished ones.
   */
  executions(query: ExecutionsQuery): Promise<string>
}

const maxRunning = 1000
/**
 * Records that are written at a time: all 2,000 at once, with their text escaped, would block the
 * event loop.
 */
const recordsAtATime = 25

/** Makes the answers; each reads the sources again. */
export function jsonAnswers(sources: FilledSources): JsonAnswers {
  return {
    health: () => healthAnswer(figureSource(sources)),
    agents(agentName) {
      const { agents, recent: _, ...totals } = sources.metrics({ recent: 0 })
      const shown = agents.map((agent) => ({ ...agent, agentName: shownText(agent.agentName, maxLength.name) }))
      return { totals, agents: shown.filter((_, index) => isNamed(agents[index]!, agentName)) }
    },
    async executions({ limit, agentName: name }) {
      const agentName = sources.metrics({ recent: 0 }).agents.find((agent) => isNamed(agent, name ?? ''))?.agentName ?? name
      // Both are read at one moment, before the slow writing starts
      const running = sources.active({ limit: maxRunning, agentName }).slice(0, maxRunning)
      const recent = sources.metrics({ recent: limit, agentName }).recent.slice(0, limit)
      return `{"running":[${await written(running)}],"recent":[${await written(recent)}]}`
    },
  }
}

/** Whether an agent has this name, or is shown under it. */
function isNamed({ agentName }: AgentMetrics, wanted: string | undefined): boolean {
  return wanted === undefined || agentName === wanted || shownText(agentName, maxLength.name) === wanted
}

/** The records as JSON with commas between; the event loop serves others in between. */
async function written(records: readonly ExecutionRecord[]): Promise<string> {
  const texts: string[] = []
  for (const [index, record] of records.entries()) {
    if (index % recordsAtATime === 0) await nextTurn()
    texts.push(JSON.stringify(shownRecord(record)))
  }
  return texts.join(',')
}

function shownRecord(record: ExecutionRecord): ExecutionRecord {
  return {
    ...record,
    ...shownError(record),
    id: shownText(record.id, maxLength.name),
    agentName: shownText(record.agentName, maxLength.name),
    variant: record.variant === undefined ? undefined : shownText(record.variant, maxLength.word),
    lastProgress: record.lastProgress === undefined ? undefined : shownText(record.lastProgress, maxLength.name),
    paused: record.paused && { ...record.paused, reason: shownText(record.paused.reason, maxLength.name) },
    models: record.models.map((model) => shownText(model, maxLength.word)),
    attempts: record.attempts.map((attempt) => ({ ...attempt, ...shownError(attempt) })),
  }
}

function shownError({
  errorType,
  errorMessage,
}: Pick<AttemptRecord, 'errorType' | 'errorMessage'>): Pick<AttemptRecord, 'errorType' | 'errorMessage'> {
  return {
    errorType: errorType === undefined ? undefined : shownText(errorType, maxLength.word),
    errorMessage: errorMessage === undefined ? undefined : shownText(errorMessage),
  }
}
