import type { SystemHealth } from '@swarmwatch/sdk'

/** What the charts draw. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly score: number
  readonly errorRate: number | undefined
  readonly p95Seconds: number | undefined
  readonly activeAgents: number
}

/** How far back the charts go. */
export const historyMs: number = 15 * 60 * 1000

/** What the charts draw of a health. */
export function sampleOf({ score, errorRate, p95Seconds, activeAgents }: SystemHealth, atMs: number): Sample {
  return { atMs, score, errorRate, p95Seconds, activeAgents }
}

/** The samples of the last 15 minutes, oldest first, in bounded memory. */
export class History {
  readonly #samples: Sample[] = []
  readonly #most: number

  constructor(everyMs: number) {
    this.#most = Math.ceil(historyMs / everyMs) + 1
  }

  add(health: SystemHealth, atMs: number): void {
    // A clock that was set back takes the samples of its future with it
    while (this.#samples.length > 0 && this.#samples.at(-1)!.atMs >= atMs) this.#samples.pop()
    this.#samples.push(sampleOf(health, atMs))
    if (this.#samples.length > this.#most) this.#samples.shift()
  }

  samples(): readonly Sample[] {
    const newest = this.#samples.at(-1)
    return newest ? this.#samples.filter(({ atMs }) => atMs > newest.atMs - historyMs) : []
  }
}
