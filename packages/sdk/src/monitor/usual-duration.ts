import { DurationHistogram } from './sliding-window.ts'
import { stuckRun } from './stuck-run.ts'

/** Durations are kept for between half of this and all of it. */
const keptMs = 7 * 86_400_000

/** The usual duration of an agent: the 99th percentile of its successful runs of the last days, within 7 %. */
export class UsualDuration {
  #newer = new DurationHistogram()
  #older: DurationHistogram | undefined
  #beganMs: number | undefined

  /** Adds a duration by its bucket. */
  add(bucket: number, nowMs: number): void {
    this.#beganMs ??= nowMs
    if (nowMs - this.#beganMs > keptMs / 2) {
      this.#older = this.#newer
      this.#newer = new DurationHistogram()
      this.#beganMs = nowMs
    }
    this.#newer.add(bucket)
  }

  /** In seconds; undefined while too few runs are known. */
  seconds(): number | undefined {
    const all = this.#older ? DurationHistogram.sum(this.#older, this.#newer) : this.#newer
    return all.total < stuckRun.leastRuns ? undefined : all.quantile(0.99)
  }
}
