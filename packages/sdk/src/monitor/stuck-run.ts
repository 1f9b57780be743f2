/** Limits from which a run without progress counts as stuck; the alert rules have the same. Times are in seconds. */
export const stuckRun = {
  /** Multiple of the usual duration of the agent, which is the 99th percentile of its successful runs. */
  timesUsual: 3,
  /** No run is stuck earlier, however short the runs of its agent are. */
  leastSeconds: 30,
  /** With fewer successful runs, the usual duration of an agent is unknown. */
  leastRuns: 20,
  /** Limit for an agent whose usual duration is unknown. */
  unknownSeconds: 900,
} as const

/** Returns the seconds without progress after which a run of an agent counts as stuck. */
export function stuckAfterSeconds(usualSeconds: number | undefined, timesUsual: number = stuckRun.timesUsual): number {
  return usualSeconds === undefined ? stuckRun.unknownSeconds : Math.max(stuckRun.leastSeconds, timesUsual * usualSeconds)
}
