import { vi } from 'vitest'

import { useClock, type Clock } from '../../src/clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * Time that a test moves: the clock of all runs, `performance.now()` and `Date.now()`. Timers run in their order, and after those of one
 * moment everything that they started settles.
 */
export class MovedTime implements Clock {
  #nowMs = 1_000_000
  #order = 0
  #heap: Timer[] = []
  readonly #cancelled = new Set<Timer>()
  readonly #restore: (() => void)[]
  #epochMs = Date.parse('2026-11-30T12:00:00Z')

  constructor() {
    const performanceNow = vi.spyOn(performance, 'now').mockImplementation(() => this.#nowMs)
    const dateNow = vi.spyOn(Date, 'now').mockImplementation(() => this.wallClock())
    this.#restore = [useClock(() => this), () => performanceNow.mockRestore(), () => dateNow.mockRestore()]
  }

  end(): void {
    for (const restore of this.#restore) restore()
  }

  now(): number {
    return this.#nowMs
  }

  wallClock(): number {
    return this.#epochMs + this.#nowMs
  }

  /** Sets the wall clock, as an administrator does; the others go on. */
  setWallClock(nowMs: number): void {
    this.#epochMs = nowMs - this.#nowMs
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, order: (this.#order += 1), run }
    this.#add(timer)
    return () => void this.#cancelled.add(timer)
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const onAbort = (): void => {
        cancel()
        reject(signal?.reason as Error)
      }
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Moves time ahead by `seconds`. */
  async pass(seconds: number): Promise<void> {
    const untilMs = this.#nowMs + seconds * 1000
    await settle()
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      while (this.#heap[0] && this.#heap[0].atMs <= this.#nowMs) {
        const timer = this.#take()
        if (!this.#cancelled.delete(timer)) timer.run()
      }
      await settle()
    }
    this.#nowMs = untilMs
  }

  #add(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  #take(): Timer {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)
}

/** Promises that are ready settle before a real timer runs. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
