import type { RunChoice } from '@swarmwatch/config'

/** A search for runs of an agent. */
export interface RunSearch {
  /** `service.name` of the process. */
  readonly service: string
  readonly agent: string
  readonly choice: RunChoice
  /** Milliseconds since 1970. */
  readonly fromMs: number
  readonly toMs: number
}

/** A run of an agent, as its root span shows it. */
export interface FoundRun {
  /** Hexadecimal. */
  readonly traceId: string
  readonly executionId: string | undefined
  readonly startMs: number
  readonly durationMs: number
  readonly isFailed: boolean
  /** 1 if the span does not show it. */
  readonly attempts: number
  readonly costUsd: number
}

/** A store of traces that can be searched. */
export interface TraceStore {
  /** Host and port, for lines in the log. */
  readonly host: string
  /** Rejects when the store cannot be reached or does not answer as documented. */
  readonly findRuns: (search: RunSearch, signal: AbortSignal) => Promise<readonly FoundRun[]>
}

/** The runs that explain an alert. */
export interface Cause {
  readonly traceId: string
  /** At most three, the first of the same run as the trace. */
  readonly executionIds: readonly string[]
}

const maxExecutionIds = 3

const ofChoice: Readonly<Record<RunChoice, { isOne: (run: FoundRun) => boolean; rank: (run: FoundRun) => number }>> = {
  failed: { isOne: ({ isFailed }) => isFailed, rank: ({ startMs }) => startMs },
  slow: { isOne: () => true, rank: ({ durationMs }) => durationMs },
  retried: { isOne: ({ attempts }) => attempts > 1, rank: ({ startMs }) => startMs },
  costly: { isOne: ({ costUsd }) => costUsd > 0, rank: ({ costUsd }) => costUsd },
  any: { isOne: () => true, rank: ({ startMs }) => startMs },
}

/** The cause among runs of an agent, or undefined if none of them is of the chosen kind. */
export function causeAmong(runs: readonly FoundRun[], choice: RunChoice): Cause | undefined {
  const { isOne, rank } = ofChoice[choice]
  const found = runs.filter(isOne).toSorted((one, other) => rank(other) - rank(one))
  const [first] = found
  if (first === undefined) return undefined
  const ids = new Set(found.flatMap(({ executionId }) => executionId ?? []))
  return { traceId: first.traceId, executionIds: [...ids].slice(0, maxExecutionIds) }
}

/** Names in the traces of `@swarmwatch/sdk`. */
export const spanNames = {
  agent: (name: string): string => `invoke_agent ${name}`,
  workflow: (name: string): string => `invoke_workflow ${name}`,
  executionId: 'swarmwatch.execution.id',
  attempts: 'swarmwatch.attempt.count',
  costUsd: 'swarmwatch.cost.usd',
} as const
