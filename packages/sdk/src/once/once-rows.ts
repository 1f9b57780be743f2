import { InvalidOptionsError } from '../invalid-options-error.ts'
import type { OnceCall, OnceEntry, StoredAttempt } from './once-store.ts'

/** A row of the table `swarmwatch_once`. */
export interface StoredCall {
  readonly execution_id: string
  readonly tool: string
  readonly key: string
  readonly number: number
  readonly owner: string
  readonly state: 'begun' | 'done'
  /** JSON; null for undefined. */
  readonly result: string | null
}

/** Old rows are deleted at most this often. */
export const pruneEveryMs = 3_600_000

/** Throws {@link InvalidOptionsError} for a `keepDays` that is not a number of days above 0. */
export function checkKeepDays(caller: string, keepDays: unknown): void {
  if (typeof keepDays === 'number' && keepDays > 0 && keepDays <= 36_500) return
  throw new InvalidOptionsError(caller, [
    { option: 'keepDays', rule: 'must be a number of days above 0, at most 36500', value: keepDays },
  ])
}

/** The columns that identify a row. */
export function idColumns({ executionId, tool, key, number }: OnceCall): [string, string, string, number] {
  return [executionId, tool, key, number]
}

/** The entry that a row holds. */
export function entryOf({ execution_id, tool, key, number, owner, state, result }: StoredCall): OnceEntry {
  const entry = { executionId: execution_id, tool, key, number, owner, state }
  return result === null ? entry : { ...entry, result: JSON.parse(result) as unknown }
}

/** The values of the columns of `swarmwatch_attempts` for an attempt that begins. */
export function attemptColumns({ executionId, agentName, attempt, owner, traceparent }: StoredAttempt) {
  return [executionId, agentName, attempt, owner, traceparent ?? null] as [string, string, number, string, string | null]
}

/** The attempt that a row held before; `previous` is its columns as JSON. */
export function attemptBefore({ executionId, agentName }: StoredAttempt, previous: string | null): StoredAttempt | undefined {
  if (previous === null) return undefined
  const { attempt, owner, traceparent, use } = JSON.parse(previous) as PreviousAttempt
  return {
    executionId,
    agentName,
    attempt,
    owner,
    ...(traceparent !== null && { traceparent }),
    ...(use !== null && { use: JSON.parse(use) as StoredAttempt['use'] }),
  }
}

interface PreviousAttempt {
  readonly attempt: number
  readonly owner: string
  readonly traceparent: string | null
  /** JSON */
  readonly use: string | null
}
