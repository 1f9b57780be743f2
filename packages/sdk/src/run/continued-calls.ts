import { guarded } from '../telemetry/guard.ts'

/** Calls of an execution in one store. */
export interface Releasable {
  release(): unknown
}

/** Further attempts of one invocation call its fallbacks. */
const mostAttempts = 1000

/**
 * Calls of once tools of an execution in stores that do not survive the process. All its invocations in this process share them, so that
 * code which an earlier one left behind repeats no effect, even after the execution has ended. They last as long as such code.
 */
export class ContinuedCalls {
  readonly byStore: Map<object, Releasable> = new Map()
  isEnded = false
  /** The invocation in progress; it counts what code of an earlier one still uses. */
  running: { spent(key: 'toolCalls', amount: number): void } | undefined = undefined
  #invocations = 0

  /** Numbers the attempts of an invocation: a queue may repeat one with the same number. */
  invoked(): (attempt: number) => number {
    const first = (this.#invocations += 1) * mostAttempts
    return (attempt) => first + Math.min(Math.max(attempt, 0), mostAttempts - 1)
  }

  /** Releases the stores. */
  end(): void {
    this.isEnded = true
    releaseAll([...this.byStore.values()])
  }
}

/** Releases the calls of each store; one that fails does not affect the others. */
export function releaseAll(calls: readonly Releasable[]): void {
  for (const each of calls) guarded('option', () => each.release())
}
