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
  return () => {
    for (const run of runs) run.holds.resumed(pause)
  }
}

/** Reasons why a run makes no progress although it is not stuck: its pauses, and pauses and waits of the runs that it called. */
export class Holds {
  readonly #record: ExecutionRecord
  readonly #clock: PausableClock
  readonly #pauses = new Set<Paused>()
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

  /** A run that this one called waits for its next attempt. */
  calledRunWaits(run: object): void {
    this.#waiting.add(run)
  }

  calledRunContinues(run: object): void {
    this.#waiting.delete(run)
  }

  /** The attempt has ended: runs that it called no longer count. */
  clear(): void {
    this.#waiting.clear()
    for (const pause of this.#pauses) this.resumed(pause)
  }
}
