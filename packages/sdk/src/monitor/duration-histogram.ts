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
    const bucket = Math.ceil(Math.log(Math.max(seconds, smallest) / smallest) / growth)
    this.#counts[Math.min(bucket, bucketCount - 1)]! += 1
    this.#total += 1
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
