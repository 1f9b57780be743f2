import type { AgentMetrics, AttemptRecord, ExecutionRecord, SystemHealth, Totals } from '@swarmwatch/sdk'

import { longest, shownText } from './render/shown-text.ts'
import type { FilledSources } from './values/status-sources.ts'

/** Answers of the JSON addresses. They have the SDK's field names; texts of others are cut and spelled out as on the page. */
export interface JsonAnswers {
  health(): SystemHealth
  agents(): { totals: Readonly<Totals>; agents: AgentMetrics[] }
  /** `recent`: the newest `limit` finished ones. */
  executions(limit: number): { running: ExecutionRecord[]; recent: ExecutionRecord[] }
}

/** Makes the answers; each reads the sources anew. */
export function jsonAnswers(sources: FilledSources): JsonAnswers {
  return {
    health: () => sources.health(),
    agents() {
      const { agents, recent: _, ...totals } = sources.metrics({ recent: 0 })
      return { totals, agents: agents.map((agent) => ({ ...agent, agentName: shownText(agent.agentName, longest.name) })) }
    },
    executions: (limit) => ({
      running: sources.active().slice(0, 1000).map(shownRecord),
      recent: sources.metrics({ recent: limit }).recent.slice(0, limit).map(shownRecord),
    }),
  }
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
