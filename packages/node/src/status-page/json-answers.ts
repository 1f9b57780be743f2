import { setImmediate as nextTurn } from 'node:timers/promises'

import type { AgentMetrics, AttemptRecord, ExecutionRecord, Totals } from '@swarmwatch/sdk'

import { healthAnswer } from './figures.ts'
import { longest, shownText } from './format.ts'
import { figureSource, type FilledSources } from './page-values.ts'

/** Which executions are wanted. */
export interface ExecutionsQuery {
  /** Finished ones, at most this many. */
  readonly limit: number
  /** Only of this agent. */
  readonly agentName: string | undefined
}

/** Answers of the JSON addresses. They have the SDK's field names; texts of others are cut and spelled out as on the page. */
export interface JsonAnswers {
  health(): ReturnType<typeof healthAnswer>
  /** All agents, or the one with this name. */
  agents(agentName: string | undefined): { totals: Readonly<Totals>; agents: AgentMetrics[] }
  /** `{ running, recent }` as JSON text: the 1,000 oldest runs under way, and the newest `limit` finished ones. */
  executions(query: ExecutionsQuery): Promise<string>
}

const mostRunning = 1000
/** Records written at a time: all 2,000 at once, with their texts spelled out, would block the event loop. */
const recordsAtATime = 25

/** Makes the answers; each reads the sources again. */
export function jsonAnswers(sources: FilledSources): JsonAnswers {
  return {
    health: () => healthAnswer(figureSource(sources)),
    agents(agentName) {
      const { agents, recent: _, ...totals } = sources.metrics({ recent: 0 })
      const shown = agents.map((agent) => ({ ...agent, agentName: shownText(agent.agentName, longest.name) }))
      return { totals, agents: shown.filter((_, index) => isNamed(agents[index]!, agentName)) }
    },
    async executions({ limit, agentName: name }) {
      const agentName = sources.metrics({ recent: 0 }).agents.find((agent) => isNamed(agent, name ?? ''))?.agentName ?? name
      // Read at one moment, however long it takes to write
      const running = sources.active({ limit: mostRunning, agentName }).slice(0, mostRunning)
      const recent = sources.metrics({ recent: limit, agentName }).recent.slice(0, limit)
      return `{"running":[${await written(running)}],"recent":[${await written(recent)}]}`
    },
  }
}

/** By its own name, or by the one that our answers show. */
function isNamed({ agentName }: AgentMetrics, wanted: string | undefined): boolean {
  return wanted === undefined || agentName === wanted || shownText(agentName, longest.name) === wanted
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
    id: shownText(record.id, longest.name),
    agentName: shownText(record.agentName, longest.name),
    variant: record.variant === undefined ? undefined : shownText(record.variant, longest.word),
    attempts: record.attempts.map((attempt) => ({ ...attempt, ...shownError(attempt) })),
  }
}

function shownError({
  errorType,
  errorMessage,
}: Pick<AttemptRecord, 'errorType' | 'errorMessage'>): Pick<AttemptRecord, 'errorType' | 'errorMessage'> {
  return {
    errorType: errorType === undefined ? undefined : shownText(errorType, longest.word),
    errorMessage: errorMessage === undefined ? undefined : shownText(errorMessage),
  }
}
