/**
 * The default thresholds of Swarmwatch, in one place: the rules in the process and the rules generated for Prometheus start from them.
 * Times are in seconds, shares and ratios from 0 to 1. An alert is raised when its value has been beyond the threshold for `forSeconds`.
 */
export const thresholds = {
  /** Length of the sliding window behind every rate, also of `swarm.health.score`. */
  healthWindowSeconds: 300,
  /** Executions are counted over this time where an alert needs at least so many. */
  trafficWindowSeconds: 600,

  /** Failed share of the executions, of one agent and of all; a few runs prove nothing, hence the least number of executions. */
  errorRate: {
    critical: { above: 0.5, forSeconds: 120, leastExecutions: { agent: 5, system: 10 } },
    warning: { above: 0.2, forSeconds: 300, leastExecutions: { agent: 10, system: 20 } },
  },

  /** 95th percentile of the duration of an agent's executions, waits included. */
  slowResponse: { warning: { aboveSeconds: 10, forSeconds: 300, leastExecutions: 5 } },

  /** Share of the attempts that are retries. */
  retries: { warning: { above: 0.5, forSeconds: 600, leastAttempts: 10 } },

  /** Executions are active, and none has finished for `idleSeconds`. */
  stuckExecutions: { warning: { idleSeconds: 900, forSeconds: 300 } },

  /** Nothing runs although there were more executions in this hour yesterday. */
  trafficStopped: { warning: { executionsYesterday: 20, forSeconds: 900 } },

  /** A job that reported within `seenWithinSeconds` reports nothing now. */
  telemetryAbsent: { warning: { seenWithinSeconds: 86_400, forSeconds: 900 } },

  /** Health score of the fleet, 0-100. */
  healthScore: {
    critical: { below: 50, forSeconds: 300 },
    warning: { below: 80, forSeconds: 600 },
  },

  /** What takes how much from the score: nothing up to `from`, all of `weight` from `from + span` on. */
  healthScoreParts: {
    errorRate: { weight: 0.6, from: 0, span: 0.5 },
    p95Seconds: { weight: 0.25, from: 10, span: 20 },
    /** The larger of CPU and memory use. */
    busiest: { weight: 0.15, from: 0.8, span: 0.2 },
  },

  /** Share of executions that should succeed; the alert on its error budget comes from it. */
  successObjective: 0.95,

  /** Cost of the last hour against the mean hour of the day; small sums are ignored. */
  costSpike: { warning: { timesDailyMean: 3, aboveUsd: 1, forSeconds: 900 } },

  /** The bridge raises the alarm itself when no Watchdog has come for so long. */
  watchdogSeconds: 300,
} as const
