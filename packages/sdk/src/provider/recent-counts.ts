const slotCount = 12

/** Counts events of the last `windowSeconds`, in 12 slots that expire one by one. Constant memory. */
export class RecentCounts {
  readonly #slotMs: number
  readonly #counts = new Uint32Array(slotCount)
  #newest = 0
  #startedMs: number | undefined

  constructor(windowSeconds: number) {
    this.#slotMs = (windowSeconds * 1000) / slotCount
  }

  add(nowMs: number): void {
    this.#startedMs ??= nowMs
    this.#expire(nowMs)
    this.#counts[this.#newest % slotCount]! += 1
  }

  total(nowMs: number): number {
    this.#expire(nowMs)
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** Events per second, over the time since the first event if that is shorter than the window. */
  perSecond(nowMs: number): number {
    const seconds = Math.min((nowMs - (this.#startedMs ?? nowMs)) / 1000, (this.#slotMs * slotCount) / 1000)
    return seconds < 1 ? 0 : this.total(nowMs) / seconds
  }

  #expire(nowMs: number): void {
    const number = Math.floor(nowMs / this.#slotMs)
    if (number <= this.#newest) return
    for (let slot = Math.max(this.#newest + 1, number - slotCount + 1); slot <= number; slot += 1)
      this.#counts[slot % slotCount] = 0
    this.#newest = number
  }
}
