/**
 * Default thresholds of the rules in the process and of the generated rules for Prometheus. Times are in seconds, shares and ratios from
 * 0 to 1. An alert fires when its value has been beyond the threshold for `forSeconds`. Thresholds of rules that only Prometheus
 * evaluates are in `packages/mixin/src/rule-thresholds.ts`.
 */
export const thresholds = {
  /** Length of the sliding window behind every rate, also of `swarm.health.score`. */
  healthWindowSeconds: 300,
  /** Period over which executions are counted for alerts that need a minimum of them. */
  trafficWindowSeconds: 600,

  /** Failed share of the executions, of one agent and of all; a few runs prove nothing, hence the least number of executions. */
  errorRate: {
    critical: { above: 0.5, forSeconds: 120, leastExecutions: { agent: 5, system: 10 } },
    warning: { above: 0.2, forSeconds: 300, leastExecutions: { agent: 10, system: 20 } },
  },

  /** 95th percentile of the duration of an agent's executions, waits included. */
  slowResponse: { warning: { aboveSeconds: 10, forSeconds: 300, leastExecutions: 5 } },

  /**
   * A run is stuck after `timesUsual` times the usual duration of its agent, the 99th percentile of its successful runs of the last week,
   * without progress, at least after `leastSeconds`. With fewer than `leastRuns` of them, it is stuck after `unknownSeconds`.
   * `@swarmwatch/sdk/stuck-run` has the same numbers for the status page.
   */
  stuckRun: { warning: { timesUsual: 3, leastSeconds: 30, leastRuns: 20, unknownSeconds: 900, forSeconds: 30 } },

  /** Health score of the fleet, 0-100. */
  healthScore: {
    critical: { below: 50, forSeconds: 300 },
    warning: { below: 80, forSeconds: 600 },
  },
} as const
