import type { Analysis } from '../analyse.ts'

/** The last analysis, and how the newest attempt ended. */
export interface AdvisorState {
  /** Undefined before the first success. */
  readonly analysis: Analysis | undefined
  /** When it was made, in milliseconds since 1970. */
  readonly madeAtMs: number | undefined
  /** Why the newest attempt failed, in one sentence; undefined if it succeeded. */
  readonly problem: string | undefined
  readonly runs: number
  readonly failures: number
}

/** The state before the first analysis. */
export const noAnalysis: AdvisorState = { analysis: undefined, madeAtMs: undefined, problem: undefined, runs: 0, failures: 0 }
