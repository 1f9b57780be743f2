/**
 * Thresholds that only rules in Prometheus have, because they need more history than a process keeps. Shares are 0-1, times seconds.
 * Those that the process knows too are in `@swarmwatch/config`.
 */
export const ruleThresholds = {
  /** A band of so many standard deviations around the mean of the last day; wider than `leastMargin` of the mean. */
  anomaly: {
    deviations: 3,
    leastMargin: 0.5,
    /** Executions in the last hour, or in the mean hour of the day, below which nothing is said. */
    leastExecutionsPerHour: 20,
    forSeconds: 900,
  },

  capacity: {
    /** Executions of this week against the last. */
    weeklyGrowth: 1.5,
    /** `active_executions` against arrivals x duration (Little's law): more means runs that never ended. */
    activeTimesExpected: 3,
    leastActive: 5,
    /** A queue or disk that is fuller than `fullerThan` and will be full within `fullWithinSeconds`. */
    queueFull: { fullerThan: 0.7, forSeconds: 300 },
    diskFull: { fullerThan: 0.8, fullWithinSeconds: 86_400, forSeconds: 3_600 },
  },

  /** What the swarm may cost in 30 days, and how many times faster than that it may spend over one and over six hours. */
  budget: { usdPerMonth: 1_000, timesAllowed: 3, forSeconds: 900 },

  /** Variants are compared over `windowSeconds`, and only from `leastExecutions` of each on. 1.96 is 95 % certain. */
  variants: { windowSeconds: 86_400, leastExecutions: 100, significantZ: 1.96, forSeconds: 1_800 },

  /** Burn rates of the 30-day budget: page when 2 % or 5 % are gone, warn at 10 % (SRE workbook). */
  burnRates: [
    { severity: 'critical', times: 14.4, shortSeconds: 300, longSeconds: 3_600 },
    { severity: 'critical', times: 6, shortSeconds: 1_800, longSeconds: 21_600 },
    { severity: 'warning', times: 3, shortSeconds: 7_200, longSeconds: 86_400 },
    { severity: 'warning', times: 1, shortSeconds: 21_600, longSeconds: 259_200 },
  ],
  /** Executions in the last hour below which a burn rate says nothing. */
  burnRateLeastExecutions: 20,
} as const
