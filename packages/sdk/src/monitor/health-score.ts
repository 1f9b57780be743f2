/** Input of the health score. */
export interface HealthInput {
  /** Failed share of the runs that succeeded or failed, 0-1; undefined when there were none. */
  readonly errorRate: number | undefined
  readonly p95Seconds: number | undefined
  /** CPU use of the process, 1 = one core. */
  readonly cpu: number
  /** Memory use, 0-1. */
  readonly memory: number
}

/** The score, 0-100, and the points lost to each part. */
export interface HealthScore {
  readonly score: number
  readonly lost: { readonly errorRate: number; readonly p95: number; readonly resources: number }
}

/** For each part: the value from which it costs points, the value at which it costs all of them, and their number. */
export const healthWeights = {
  errorRate: { points: 60, from: 0, to: 0.5 },
  p95Seconds: { points: 25, from: 10, to: 30 },
  resources: { points: 15, from: 0.8, to: 1 },
} as const

/**
 * Health from 0 to 100: an error rate of 50 % costs 60 points, a p95 of 30 s costs 25, a full CPU or memory 15, each in proportion.
 * A process without runs has 100.
 */
export function healthScore(input: HealthInput): HealthScore {
  if (input.errorRate === undefined) return { score: 100, lost: { errorRate: 0, p95: 0, resources: 0 } }
  const lost = {
    errorRate: lostPoints(input.errorRate, healthWeights.errorRate),
    p95: lostPoints(input.p95Seconds ?? 0, healthWeights.p95Seconds),
    resources: lostPoints(Math.max(input.cpu, input.memory), healthWeights.resources),
  }
  return { score: 100 - lost.errorRate - lost.p95 - lost.resources, lost }
}

function lostPoints(value: number, { points, from, to }: { points: number; from: number; to: number }): number {
  return points * Math.min(1, Math.max(0, (value - from) / (to - from)))
}
