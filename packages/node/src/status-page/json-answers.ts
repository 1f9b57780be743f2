import { setImmediate as nextTurn } from 'node:timers/promises'

import type { AgentMetrics, AttemptRecord, ExecutionRecord, Totals } from '@swarmwatch/sdk'

import { healthAnswer } from './figures.ts'
import { maxLength, shownText } from './format.ts'
import { figureSource, type FilledSources } from './page-values.ts'

/** Selection of executions. */
export interface ExecutionsQuery {
  /** Finished ones, at most this many. */
  readonly limit: number
  /** Only executions of this agent. */
  readonly agentName: string | undefined
}

/** Answers of the JSON addresses. They have the field names of the SDK; text of agents and errors is cut and escaped as on the page. */
export interface JsonAnswers {
  health(): ReturnType<typeof healthAnswer>
  /** All agents, or the agent with this name. */
  agents(agentName: string | undefined): { totals: Readonly<Totals>; agents: AgentMetrics[] }
  /** `{ running, recent }` as JSON text: the 1,000 oldest runs under way, and the newest `limit` finished ones. */
  executions(query: ExecutionsQuery): Promise<string>
}

const maxRunning = 1000
/** Records that are written at a time: all 2,000 at once, with their text escaped, would block the event loop. */
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
