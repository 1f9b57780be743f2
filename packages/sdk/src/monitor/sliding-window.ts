const slotCount = 30

/** Totals of the window. */
export interface WindowTotals {
  readonly successes: number
  readonly failures: number
  readonly averageSeconds: number | undefined
  readonly p95Seconds: number | undefined
}

interface Slot {
  number: number
  successes: number
  failures: number
  /** Runs whose duration is known, and their sum. */
  timed: number
  seconds: number
  longest: number
  durations: DurationHistogram
}

/**
 * Successes, failures and durations of the last `windowSeconds`, in 30 slots that expire one by one. Constant memory; recording costs
 * the same at any rate. A clock that goes backwards counts into the newest slot.
 */
export class SlidingWindow {
  readonly #slotMs: number
  readonly #slots: Slot[] = []
  readonly #durations = new DurationHistogram()
  #successes = 0
  #failures = 0
  #timed = 0
  #seconds = 0

  constructor(windowSeconds: number) {
    this.#slotMs = (windowSeconds * 1000) / slotCount
  }

  /**
   * `seconds` is undefined if the duration is unknown; the outcome counts all the same. `bucket` is that of `seconds`, for a caller that
   * records them in several windows.
   */
  record(nowMs: number, succeeded: boolean, seconds: number | undefined, bucket: number = bucketOf(seconds ?? 0)): void {
    const slot = this.#slotAt(nowMs)
    if (succeeded) {
      slot.successes += 1
      this.#successes += 1
    } else {
      slot.failures += 1
      this.#failures += 1
    }
    if (seconds === undefined) return
    slot.timed += 1
    this.#timed += 1
    slot.seconds += seconds
    this.#seconds += seconds
    slot.longest = Math.max(slot.longest, seconds)
    slot.durations.add(bucket)
    this.#durations.add(bucket)
  }

  totals(nowMs: number): WindowTotals {
    this.#expire(this.#numberAt(nowMs))
    return {
      successes: this.#successes,
      failures: this.#failures,
      averageSeconds: this.#timed === 0 ? undefined : this.#seconds / this.#timed,
      p95Seconds: this.#p95(),
    }
  }

  #p95(): number | undefined {
    const p95 = this.#durations.quantile(0.95)
    // Interpolating within a bucket may pass the longest duration that there was
    return p95 === undefined ? undefined : Math.min(p95, Math.max(...this.#slots.map((slot) => slot.longest)))
  }

  #numberAt(nowMs: number): number {
    return Math.max(Math.floor(nowMs / this.#slotMs), this.#slots.at(-1)?.number ?? 0)
  }

  #slotAt(nowMs: number): Slot {
    const number = this.#numberAt(nowMs)
    const newest = this.#slots.at(-1)
    if (newest?.number === number) return newest
    this.#expire(number)
    const slot = { number, successes: 0, failures: 0, timed: 0, seconds: 0, longest: 0, durations: new DurationHistogram() }
    this.#slots.push(slot)
    return slot
  }

  #expire(currentNumber: number): void {
    for (let oldest = this.#slots[0]; oldest && oldest.number <= currentNumber - slotCount; oldest = this.#slots[0]) {
      this.#slots.shift()
      this.#successes -= oldest.successes
      this.#failures -= oldest.failures
      this.#timed -= oldest.timed
      // Floating-point sums drift when they are only added to and taken from
      this.#seconds = this.#slots.reduce((sum, slot) => sum + slot.seconds, 0)
      this.#durations.subtract(oldest.durations)
    }
  }
}

// Bounds grow by 7 %: a quantile is at most that far off, from 1 ms to 3 hours in 240 buckets
const smallest = 0.001
const growth = Math.log(1.07)
const bucketCount = 240

const upperBound = (bucket: number): number => smallest * Math.exp(bucket * growth)

/** The bucket of a duration in a {@link DurationHistogram}. */
export function bucketOf(seconds: number): number {
  return Math.min(Math.ceil(Math.log(Math.max(seconds, smallest) / smallest) / growth), bucketCount - 1)
}

/** Counts durations in buckets of growing width; adding, taking away and merging cost the same however many there are. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(bucketCount)
  #total = 0

  /** Adds a duration by its {@link bucketOf}. */
  add(bucket: number): void {
    this.#counts[bucket]! += 1
    this.#total += 1
  }

  /** The durations of both. */
  static sum(one: DurationHistogram, other: DurationHistogram): DurationHistogram {
    const sum = new DurationHistogram()
    for (const each of [one, other]) {
      for (const [bucket, count] of each.#counts.entries()) sum.#counts[bucket]! += count
      sum.#total += each.#total
    }
    return sum
  }

  get total(): number {
    return this.#total
  }

  subtract(other: DurationHistogram): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket]! -= count
    this.#total -= other.#total
  }

  /** The duration in seconds below which the share `q` of all lies, within 7 %; undefined when there are none. */
  quantile(q: number): number | undefined {
    const rank = q * this.#total
    let below = 0
    for (const [bucket, count] of this.#counts.entries()) {
      if (count > 0 && below + count >= rank) {
        const lower = bucket === 0 ? 0 : upperBound(bucket - 1)
        return lower + (upperBound(bucket) - lower) * ((rank - below) / count)
      }
      below += count
    }
    return undefined
  }
}
