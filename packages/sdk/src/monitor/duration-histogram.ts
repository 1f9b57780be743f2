// Bounds grow by 7 %: a quantile is at most that far off, from 1 ms to 3 hours in 240 buckets
const smallest = 0.001
const growth = Math.log(1.07)
const bucketCount = 240

const upperBound = (bucket: number): number => smallest * Math.exp(bucket * growth)

/** Counts durations in buckets of growing width; adding, taking away and merging cost the same however many there are. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(bucketCount)
  #total = 0

  add(seconds: number): void {
    const bucket = seconds <= smallest ? 0 : Math.min(bucketCount - 1, Math.ceil(Math.log(seconds / smallest) / growth))
    this.#counts[bucket]! += 1
    this.#total += 1
  }

  subtract(other: DurationHistogram): void {
    for (let bucket = 0; bucket < bucketCount; bucket += 1) this.#counts[bucket]! -= other.#counts[bucket]!
    this.#total -= other.#total
  }

  /** The duration in seconds below which the share `q` of all lies, within 7 %; undefined when there are none. */
  quantile(q: number): number | undefined {
    if (this.#total === 0) return undefined
    const rank = q * this.#total
    let below = 0
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      const count = this.#counts[bucket]!
      if (count > 0 && below + count >= rank) {
        const lower = bucket === 0 ? 0 : upperBound(bucket - 1)
        return lower + (upperBound(bucket) - lower) * ((rank - below) / count)
      }
      below += count
    }
    return upperBound(bucketCount - 1)
  }
}
