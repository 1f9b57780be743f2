import { processWide } from '../process-wide.ts'
import type { BudgetUse } from '../run/budget.ts'
import { propertyOf } from '../unknown-values.ts'

/** A call of a `once` tool: it is the same call in every attempt, and in every process, of its execution. */
export interface OnceCall {
  readonly executionId: string
  readonly tool: string
  /** At most 512 characters: `key:` and your key, or `arguments:` and a SHA-256 of the arguments. */
  readonly key: string
  /** From 1: which of several calls with the same key this is. Always 1 with a key of your own. */
  readonly number: number
}

/** A call that a store holds. */
export interface OnceEntry extends OnceCall {
  /** `begun`: the tool was called, and its outcome was not recorded. `done`: it succeeded with `result`. */
  readonly state: 'begun' | 'done'
  /** The `owner` that began it. */
  readonly owner: string
  readonly result?: unknown
}

/** The last attempt of an execution whose retries a queue owns. */
export interface StoredAttempt {
  readonly executionId: string
  readonly agentName: string
  /** From 1. */
  readonly attempt: number
  /** A random text of the attempt in its process. */
  readonly owner: string
  /** The W3C `traceparent` of its root span; undefined if no SDK recorded it. */
  readonly traceparent?: string | undefined
  /** Use of the budget by this attempt and those before, if the agent has a budget. */
  readonly use?: BudgetUse | undefined
}

/**
 * Remembers which `once` tools have succeeded. Every method may return a promise. One that throws, rejects or does not answer
 * within `once.storeTimeoutSeconds` never causes a second call of a tool. docs/best-practices.md describes the rules.
 */
export interface OnceStore {
  /**
   * Whether entries survive the process. A durable store receives only results that JSON can hold: null, booleans, finite numbers,
   * strings, arrays and plain objects of them, or undefined.
   */
  readonly isDurable: boolean
  /** Returns all calls of an execution, in any order. */
  load(executionId: string): readonly OnceEntry[] | Promise<readonly OnceEntry[]>
  /**
   * Records that a call begins, unless the store holds it: then it changes nothing and returns the entry. Both as one atomic step. A
   * durable store has written the entry before it returns. `owner` is a random text of the run in this process.
   */
  begin(call: OnceCall, owner: string): OnceEntry | undefined | Promise<OnceEntry | undefined>
  /** Records the result of a call that has begun. */
  succeed(call: OnceCall, result: unknown): void | Promise<void>
  /**
   * Removes a call that failed without an effect, so that it can begin again: only if the store holds it as begun by `owner`. Otherwise
   * it changes nothing.
   */
  remove(call: OnceCall, owner: string): void | Promise<void>
  /**
   * Records that an attempt of a queue begins, and returns the last one of its execution and agent with its use. That use stays, until
   * {@link saveUse}; an attempt 1 begins without any. Both as one atomic step. If the method is absent, attempts in different processes
   * are not linked, and each has the whole budget.
   */
  beginAttempt?(attempt: StoredAttempt): StoredAttempt | undefined | Promise<StoredAttempt | undefined>
  /** Records the use of an attempt, if it is the last one of its execution and agent: `owner` is equal. */
  saveUse?(attempt: StoredAttempt): void | Promise<void>
  /** Called when an execution has ended. A durable store may keep its calls, for a queue that delivers a job again. */
  release?(executionId: string): void | Promise<void>
}

/** Executions of which the store in memory knows the last attempt of a queue; the oldest one is forgotten first. */
const maxAttempts = 5_000

/** Problem of a value that should be an {@link OnceStore}; undefined if there is none. */
export function onceStoreProblem(store: unknown): string | undefined {
  const missing = ['load', 'begin', 'succeed', 'remove'].filter((method) => typeof propertyOf(store, method) !== 'function')
  if (typeof propertyOf(store, 'isDurable') !== 'boolean') missing.push('isDurable')
  return missing.length === 0 ? undefined : `must be a OnceStore; it has no ${missing.join(', ')}`
}

/**
 * Returns a store in memory, the default: results are those objects that the tools returned, and are released when the run ends. They
 * do not survive the process. Its size is bounded by the runs in progress, with at most 10,000 calls each, and 5,000 attempts of queues.
 */
export function memoryOnceStore(): OnceStore {
  const executions = new Map<string, Map<string, Mutable[]>>()
  const attempts = new Map<string, StoredAttempt>()
  return {
    isDurable: false,
    load: (executionId) => [...(executions.get(executionId)?.values() ?? [])].flat().map((entry) => ({ ...entry })),
    begin(call, owner) {
      let entries = executions.get(call.executionId)
      if (!entries) executions.set(call.executionId, (entries = new Map<string, Mutable[]>()))
      const { executionId, tool, key, number } = call
      const sameKey = entries.get(key)
      const known = find(sameKey, call)
      if (known) return { ...known }
      const entry: Mutable = { executionId, tool, key, number, state: 'begun', owner, result: undefined }
      if (sameKey) sameKey.push(entry)
      else entries.set(key, [entry])
      return undefined
    },
    succeed(call, result) {
      const entry = find(executions.get(call.executionId)?.get(call.key), call)
      if (!entry) return
      entry.state = 'done'
      entry.result = result
    },
    remove(call, owner) {
      const sameKey = executions.get(call.executionId)?.get(call.key)
      const entry = find(sameKey, call)
      if (entry?.state === 'begun' && entry.owner === owner) sameKey?.splice(sameKey.indexOf(entry), 1)
    },
    beginAttempt(begun) {
      const key = attemptKey(begun)
      const before = attempts.get(key)
      attempts.delete(key)
      attempts.set(key, begun.attempt === 1 ? begun : { ...begun, use: before?.use })
      if (attempts.size > maxAttempts) attempts.delete(attempts.keys().next().value!)
      return before
    },
    saveUse(attempt) {
      const key = attemptKey(attempt)
      if (attempts.get(key)?.owner === attempt.owner) attempts.set(key, attempt)
    },
    release: (executionId) => void executions.delete(executionId),
  }
}

const attemptKey = ({ executionId, agentName }: StoredAttempt): string => `${agentName}\n${executionId}`

type Mutable = { -readonly [Key in keyof OnceEntry]: OnceEntry[Key] }

function find(sameKey: readonly Mutable[] | undefined, { tool, number }: OnceCall): Mutable | undefined {
  return sameKey?.find((entry) => entry.number === number && entry.tool === tool)
}

const configured = processWide('once-store/1', () => ({ store: memoryOnceStore() }))

/** The store of tools that have none of their own. */
export function configuredOnceStore(): OnceStore {
  return configured.store
}

/** Sets the store of tools that have none of their own. */
export function setOnceStore(store: OnceStore): void {
  configured.store = store
}
