import { msBetween, type Clock } from '../clock.ts'

/** The clock of a run: its time and its timers stop while the run is paused. */
export class PausableClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #pausedMs = 0
  #pausedSinceMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return (this.#pausedSinceMs ?? this.#clock.now()) - this.#pausedMs
  }

  wallClock(): number {
    return this.#clock.wallClock()
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.now() + ms, callback, cancel: undefined }
    this.#timers.add(timer)
    if (this.#pausedSinceMs === undefined) this.#start(timer, ms)
    return () => {
      this.#timers.delete(timer)
      timer.cancel?.()
    }
  }

  /** A wait between two attempts goes on: no attempt is paused then. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#clock.wait(ms, signal)
  }

  /** Seconds of all pauses so far, the present one included. */
  pausedSeconds(): number {
    const present = this.#pausedSinceMs === undefined ? 0 : msBetween(this.#pausedSinceMs, this.#clock.now())
    return (this.#pausedMs + present) / 1000
  }

  pause(): void {
    if (this.#pausedSinceMs !== undefined) return
    this.#pausedSinceMs = this.#clock.now()
    for (const timer of this.#timers) timer.cancel?.()
  }

  resume(): void {
    if (this.#pausedSinceMs === undefined) return
    this.#pausedMs += msBetween(this.#pausedSinceMs, this.#clock.now())
    this.#pausedSinceMs = undefined
    for (const timer of this.#timers) this.#start(timer, Math.max(0, timer.dueMs - this.now()))
  }

  #start(timer: Timer, ms: number): void {
    timer.cancel = this.#clock.after(ms, () => {
      this.#timers.delete(timer)
      timer.callback()
    })
  }
}

interface Timer {
  /** On the clock of the run. */
  readonly dueMs: number
  readonly callback: () => void
  cancel: (() => void) | undefined
}
