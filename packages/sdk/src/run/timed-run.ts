import { msBetween, type Clock } from '../clock.ts'
import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { monitor } from '../monitor/monitor.ts'
import { notify } from '../on-execution.ts'
import { type AgentSeries, instruments, record } from '../telemetry/instruments.ts'
import { PausableClock } from './pausable-clock.ts'
import { Holds, pauseRuns } from './progress-holds.ts'
import type { StallWatch } from './progress-stall.ts'
import { noteProgress, resumable, type Resume } from './progress.ts'

/**
 * The time of a run: its duration, the waits between its attempts, its pauses and its progress, and their effect on the runs that called
 * it. A base class, because an object of its own would be one more allocation per run.
 */
export abstract class TimedRun {
  readonly clock: Clock
  readonly startedMs: number
  /** Actual waits before attempts 2, 3, ..., in seconds. */
  readonly waits: number[] = []
  /** Ends an attempt without progress; undefined without `stallTimeoutSeconds`. */
  stall: StallWatch | undefined = undefined
  lastStep = 'run started'
  /** Seconds from the start of the first attempt to that of this object. */
  protected earlierSeconds = 0
  /** End of the last attempt if it succeeded, otherwise 0: a run that has finished has then ended with it. */
  succeededMs = 0
  #runClock: PausableClock | undefined
  #holds: Holds | undefined

  constructor(clock: Clock) {
    this.clock = clock
    this.startedMs = clock.now()
  }

  abstract get record(): ExecutionRecord
  abstract get series(): AgentSeries
  abstract get finished(): boolean
  /** The run whose current attempt called this one, if neither has finished. */
  abstract get caller(): TimedRun | undefined

  /** The clock of the run, which stops while the run is paused. */
  get runClock(): PausableClock {
    return (this.#runClock ??= new PausableClock(this.clock))
  }

  get holds(): Holds {
    return (this.#holds ??= new Holds(this.record, this.runClock))
  }

  /** Whether it makes no progress for a good reason: it waits for its next attempt, or it or a run that it called is paused or waits. */
  get isHeld(): boolean {
    return this.#holds?.isHeld ?? false
  }

  /** Records progress of this run and of the runs that called it. `note` has at most 200 characters. @default the step */
  progressed(step: string, note?: string): void {
    noteProgress(this, step, this.clock.wallClock(), note)
  }

  /** Seconds since the run began, in whichever process, without pauses in this one. */
  elapsedSeconds(): number {
    return this.earlierSeconds + this.secondsHere()
  }

  /** Seconds since this process began the run, or its attempt if a queue owns the retries, without pauses. */
  secondsHere(): number {
    return msBetween(this.startedMs, (this.finished && this.succeededMs) || this.now()) / 1000
  }

  /** Records that the next attempt starts in `seconds`. */
  waiting(seconds: number): void {
    monitor.changed(this.record, 'waiting')
    this.record.nextAttemptAt = this.clock.wallClock() + seconds * 1000
    for (let run = this.caller; run; run = run.caller) run.holds.calledRunWaits(this)
    notify('waiting', this.record)
  }

  /** Records that the run no longer waits. */
  resumed(): void {
    this.callersContinue()
    monitor.changed(this.record, 'running')
    this.record.nextAttemptAt = undefined
  }

  /** Records the actual wait, whether an attempt followed or not. */
  waited(seconds: number): void {
    this.waits.push(seconds)
    this.resumed()
    record(instruments().retryWait, seconds, this.series.agent)
  }

  /** Milliseconds by the clock of the run. */
  protected now(): number {
    return (this.#runClock ?? this.clock).now()
  }

  /** Pauses the run and those that called it, until the result is called or the attempt ends. */
  protected paused(reason: string): Resume {
    const resume = pauseRuns(this, { reason, since: this.clock.wallClock() })
    return resumable(() => {
      resume()
      this.progressed('resumed')
    })
  }

  /** Ends the pauses of an attempt that begins or ends. */
  protected clearHolds(): void {
    this.#holds?.clear()
  }

  /** The runs that called this one no longer wait with it. */
  protected callersContinue(): void {
    if (this.waits.length === 0 && this.record.state !== 'waiting') return
    for (let run = this.caller; run; run = run.caller) run.holds.calledRunContinues(this)
  }
}
