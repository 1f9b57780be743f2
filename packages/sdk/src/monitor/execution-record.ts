import type { Outcome, RetryOutcome } from '../names.ts'

// Fields that come later are there from the start, as undefined: objects that change their shape are slow

/** One call of the agent's function. */
export interface AttemptRecord {
  /** From 1. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Waited before it. */
  readonly waitSeconds: number
  durationSeconds: number | undefined
  outcome: Outcome | undefined
  errorType: string | undefined
  /** Redacted and cut; absent with `errorMessages: false`. */
  errorMessage: string | undefined
  /** HTTP requests of its model calls, those that their client repeated included; 0 if no instrumentation sees them. */
  httpTries: number
  /** US dollars of its model calls, as far as their cost is known. */
  costUsd: number
}

/** A pause of a run, such as the wait for a person who must approve. */
export interface Paused {
  /** At most 200 characters. */
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** The budget of a run. */
export interface RunBudget {
  readonly limits: Readonly<Partial<Record<'usd' | 'tokens' | 'modelCalls' | 'toolCalls' | 'seconds', number | undefined>>>
  /** The use until now, with the runs that it started. */
  readonly used: { usd: number; tokens: number; modelCalls: number; toolCalls: number }
}

/**
 * One run of an agent, as pages and listeners see it. It holds neither arguments nor results. Of a run whose retries a queue owns
 * (`continuation`), it has the attempts that this process has seen, and the tokens, cost and calls of the last one.
 */
export interface ExecutionRecord {
  readonly id: string
  readonly agentName: string
  variant: string | undefined
  /** Id of the execution within which it was started; undefined for a root execution. */
  readonly parentId: string | undefined
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** `queued`: its last attempt in this process failed, and a queue owns the next one, here or in another process. */
  state: 'running' | 'waiting' | 'queued' | 'finished'
  /** When the run finished, or its attempt if a queue owns the next one; in milliseconds since 1970. */
  endedAt: number | undefined
  /** The trace that holds the run's spans; undefined while no SDK records them. */
  traceId: string | undefined
  /** While waiting: when the next attempt begins, in milliseconds since 1970. */
  nextAttemptAt: number | undefined
  /**
   * When the run, or a run that it called, last made progress, in milliseconds since 1970: the start of an attempt, a model call, a tool
   * call, a chunk of a stream, or `progress()`.
   */
  lastProgressAt: number
  /** Description of that progress: the note of `progress()`, or text such as `tool call started: search`. At most 200 characters. */
  lastProgress: string | undefined
  /** While it is paused: the reason, and since when, in milliseconds since 1970. */
  paused: Paused | undefined
  /** Seconds of all pauses that have ended. They are not part of `durationSeconds`. */
  pausedSeconds: number
  /** Copies that the API returns hold the last 100. */
  attempts: AttemptRecord[]
  outcome: Outcome | undefined
  retryOutcome: RetryOutcome | undefined
  /** Without pauses. */
  durationSeconds: number | undefined
  errorType: string | undefined
  errorMessage: string | undefined
  inputTokens: number
  outputTokens: number
  /** The part of `inputTokens` that a cache of the provider served. */
  cachedInputTokens: number
  /** US dollars of the model calls whose cost is known. */
  costUsd: number
  /** Model calls whose cost is unknown and not in `costUsd`: their model has no price, or their answer had no usage. */
  unpricedCalls: number
  toolCalls: number
  /** The part of `toolCalls` that was answered with the result of an earlier call (`once`). */
  reusedToolCalls: number
  /** Model calls that were seen. A call that its client repeated after a failure is one call. */
  modelCalls: number
  /** HTTP requests of the model calls, in all attempts. */
  httpTries: number
  /** The requested models, in the order of their first call; at most 10. */
  models: readonly string[]
  /** Limits of the run, and what it has used of them; undefined if it has none. */
  budget: RunBudget | undefined
}

// Shared, so that a run without model calls allocates no list
const noModels: readonly string[] = []

/** A run that begins now. */
export function newRecord(
  id: string,
  agentName: string,
  variant: string | undefined,
  startedAt: number,
  parentId: string | undefined,
): ExecutionRecord {
  return {
    id,
    agentName,
    variant,
    parentId,
    startedAt,
    state: 'running',
    endedAt: undefined,
    traceId: undefined,
    nextAttemptAt: undefined,
    lastProgressAt: startedAt,
    lastProgress: undefined,
    paused: undefined,
    pausedSeconds: 0,
    attempts: [],
    outcome: undefined,
    retryOutcome: undefined,
    durationSeconds: undefined,
    errorType: undefined,
    errorMessage: undefined,
    inputTokens: 0,
    outputTokens: 0,
    cachedInputTokens: 0,
    costUsd: 0,
    unpricedCalls: 0,
    toolCalls: 0,
    reusedToolCalls: 0,
    modelCalls: 0,
    httpTries: 0,
    models: noModels,
    budget: undefined,
  }
}

/** An attempt that begins now. */
export function newAttempt(number: number, startedAt: number, waitSeconds: number): AttemptRecord {
  return {
    number,
    startedAt,
    waitSeconds,
    durationSeconds: undefined,
    outcome: undefined,
    errorType: undefined,
    errorMessage: undefined,
    httpTries: 0,
    costUsd: 0,
  }
}

/** Attempts of a copied record: a run may retry a million times, and a copy must stay cheap. */
const mostAttempts = 100

/** A copy that later events do not change, with the last 100 attempts. */
export function snapshot(record: ExecutionRecord): ExecutionRecord {
  const { budget } = record
  return {
    ...record,
    attempts: record.attempts.slice(-mostAttempts).map((attempt) => ({ ...attempt })),
    budget: budget && { ...budget, used: { ...budget.used } },
  }
}
