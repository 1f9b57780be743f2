import type { ExecutionRecord, Paused } from '../monitor/execution-record.ts'
import type { PausableClock } from './pausable-clock.ts'

/** A run that can be paused. */
interface PausableRun {
  readonly holds: Holds
  readonly caller: PausableRun | undefined
}

/** Pauses a run and those that called it, which wait for it; the returned function resumes them. */
export function pauseRuns(paused: PausableRun, pause: Paused): () => void {
  const runs: PausableRun[] = []
  for (let run: PausableRun | undefined = paused; run; run = run.caller) runs.push(run)
  for (const run of runs) run.holds.paused(pause)
  const resume = (): void => {
    paused.holds.forget(resume)
    for (const run of runs) run.holds.resumed(pause)
  }
  paused.holds.remember(resume)
  return resume
}

/** Reasons why a run makes no progress although it is not stuck: its pauses, and pauses and waits of the runs that it called. */
export class Holds {
  readonly #record: ExecutionRecord
  readonly #clock: PausableClock
  readonly #pauses = new Set<Paused>()
  /** Each ends a pause of this run, also for the runs that called it. */
  readonly #resumes = new Set<() => void>()
  readonly #waiting = new Set<object>()

  constructor(record: ExecutionRecord, clock: PausableClock) {
    this.#record = record
    this.#clock = clock
  }

  get isHeld(): boolean {
    return this.#pauses.size > 0 || this.#waiting.size > 0
  }

  paused(pause: Paused): void {
    this.#pauses.add(pause)
    this.#clock.pause()
    this.#record.paused ??= pause
  }

  /** Has no effect on a pause of an earlier attempt. */
  resumed(pause: Paused): void {
    if (!this.#pauses.delete(pause)) return
    const [next] = this.#pauses
    this.#record.paused = next
    if (next) return
    this.#clock.resume()
    this.#record.pausedSeconds = this.#clock.pausedSeconds()
  }

  remember(resume: () => void): void {
    this.#resumes.add(resume)
  }

  forget(resume: () => void): void {
    this.#resumes.delete(resume)
  }

  /** A run that this one called waits for its next attempt. */
  calledRunWaits(run: object): void {
    this.#waiting.add(run)
  }

  calledRunContinues(run: object): void {
    this.#waiting.delete(run)
  }

  /** The attempt has ended, and its pauses with it, also for the runs that called it; runs that it called no longer count. */
  clear(): void {
    this.#waiting.clear()
    for (const resume of this.#resumes) resume()
    for (const pause of this.#pauses) this.resumed(pause)
  }
}
