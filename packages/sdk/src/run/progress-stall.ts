import type { Clock } from '../clock.ts'

/** Timers of a busy process are late by less than this. */
const longestDelayMs = 2_000
/** Time to read data that arrived while the process was halted. */
const graceMs = 1_000

/** Ends an attempt, or the wait for a chunk of a stream, that makes no progress for `stallTimeoutSeconds`. */
export class StallWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #isHeld: () => boolean
  readonly #stalled: (error: DOMException) => void
  #lastMs = 0
  #cancel: (() => void) | undefined

  /**
   * @param clock The clock of the run, which stops while the run is paused.
   * @param isHeld Whether a run that this one called waits for its next attempt.
   */
  constructor(clock: Clock, seconds: number, isHeld: () => boolean, stalled: (error: DOMException) => void) {
    this.#clock = clock
    this.#limitMs = seconds * 1000
    this.#isHeld = isHeld
    this.#stalled = stalled
  }

  /** Only a store: the timer looks for it when it fires. */
  progressed(): void {
    this.#lastMs = this.#clock.now()
  }

  /** Counts from now on. */
  start(): void {
    this.stop()
    this.progressed()
    this.#wait(this.#limitMs)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look())
  }

  #look(): void {
    if (this.#isHeld()) this.progressed()
    const overMs = this.#clock.now() - this.#lastMs - this.#limitMs
    if (overMs > longestDelayMs && overMs < Infinity) {
      // The process was halted, as by SIGSTOP or a sleeping laptop: a chunk that came meanwhile is read first
      this.#lastMs = this.#clock.now() - this.#limitMs + graceMs
      this.#wait(graceMs)
    } else if (overMs >= 0) {
      this.#cancel = undefined
      this.#stalled(new DOMException(`no progress for stallTimeoutSeconds of ${this.#limitMs / 1000} s`, 'TimeoutError'))
    } else this.#wait(overMs < 0 ? -overMs : this.#limitMs)
  }
}
