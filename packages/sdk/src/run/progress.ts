import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { guarded } from '../telemetry/guard.ts'

/** Maximum number of characters of a note about progress and of the reason of a pause. */
const longestNote = 200

/** Returns the text of a note or a reason, cut to 200 characters; code without types may pass anything. */
export function noteOf(value: unknown): string {
  return guarded('option', () => String(value).slice(0, longestNote)) ?? ''
}

/** Ends a pause: call it, or let `using` call it. A second call has no effect. */
export interface Resume {
  (): void
  [Symbol.dispose](): void
}

/** Returns `resume` so that `using` can call it, too. */
export function resumable(resume: () => void): Resume {
  return Object.assign(resume, { [Symbol.dispose]: resume })
}

/** A run, and the one within which it was started. */
interface ProgressingRun {
  readonly record: ExecutionRecord
  /** The run whose current attempt called it, if neither has finished. */
  readonly caller: ProgressingRun | undefined
  readonly finished: boolean
  readonly stall: { progressed(): void } | undefined
  lastStep: string
}

/**
 * Records progress of a run and of those that called it. `note` is shown on the status page only; `step` also leaves the process.
 * Allocates nothing.
 */
export function noteProgress(progressing: ProgressingRun, step: string, nowMs: number, note: string = step): void {
  for (let run: ProgressingRun | undefined = progressing; run && !run.finished; run = run.caller) {
    run.record.lastProgressAt = nowMs
    run.lastStep = step
    run.record.lastProgress = note
    run.stall?.progressed()
  }
}
