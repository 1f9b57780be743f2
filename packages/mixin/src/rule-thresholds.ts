/**
 * Thresholds of the rules that only Prometheus evaluates. Shares are 0-1, times are seconds.
 * Thresholds that the rules in the process also use are in `@swarmwatch/config`. After a change,
 * `pnpm mixin` writes the rules and the dashboards again.
 */
export const ruleThresholds = {
  /** Share of executions that should succeed; the error budget is the rest. */
  successObjective: 0.95,

  /** Share of the attempts that are retries. */
  retries: { above: 0.5, forSeconds: 600, leastAttempts: 10 },

  /**
   * Failed share of the requests to a model over `windowSeconds`, with at least `leastRequests` in
   * `trafficSeconds`.
   */
  modelErrors: { above: 0.2, windowSeconds: 300, trafficSeconds: 600, leastRequests: 20, forSeconds: 300 },

  /**
   * The breaker of a model is open. From this share of the requests of the fleet in the last hour on,
   * the alert is critical, and mutes the alerts of agents.
   */
  providerUnavailable: { mainShare: 0.5, forSeconds: 60 },

  /**
   * HTTP requests for each model call of an agent over `windowSeconds`: 1 without retries inside the
   * client.
   */
  hiddenRetries: { requestsPerCall: 1.5, windowSeconds: 1_800, leastCalls: 20, forSeconds: 900 },

  /** Executions are active, and none has finished for `idleSeconds`. */
  stuckExecutions: { idleSeconds: 900, forSeconds: 300 },

  /**
   * Nothing ran for a time in which at least `leastExecutions` are usual: the short time finds a stop
   * of busy agents soon, the long one that of the others.
   */
  trafficStopped: { shortSeconds: 900, longSeconds: 3_600, leastExecutions: 20, forSeconds: 300 },

  /** A job that reported within `seenWithinSeconds` reports nothing now. */
  telemetryAbsent: { seenWithinSeconds: 86_400, forSeconds: 900 },

  /**
   * Burn rates of the 30-day error budget: page when 2 % or 5 % are gone, warn at 10 % (SRE
   * workbook).
   */
  burnRates: [
    { severity: 'critical', times: 14.4, shortSeconds: 300, longSeconds: 3_600 },
    { severity: 'critical', times: 6, shortSeconds: 1_800, longSeconds: 21_600 },
    { severity: 'warning', times: 3, shortSeconds: 7_200, longSeconds: 86_400 },
    { severity: 'warning', times: 1, shortSeconds: 21_600, longSeconds: 259_200 },
  ],
  /** Below this number of executions in the last hour a burn rate fires no alert. */
  burnRateLeastExecutions: 20,

  /** Cost of the last hour against this hour of yesterday and last week; small sums are ignored. */
  costSpike: { timesUsual: 3, aboveUsd: 1, forSeconds: 900 },

  /** Share of the daily budget of an agent from which on it is reported. */
  dailyBudget: { warnFrom: 0.8, keepFiringForSeconds: 300 },

  /** Runs that a budget ended in `windowSeconds`; `increase()` returns no whole numbers. */
  budgetExceeded: { leastRuns: 0.5, windowSeconds: 900, keepFiringForSeconds: 300 },

  /** Calls of once-only tools with an unknown effect in `windowSeconds`: each one is reported. */
  uncertainEffects: { windowSeconds: 900, keepFiringForSeconds: 900 },

  /**
   * Scores of the last day against the objective, and against the week before: a drop of `leastDrop`
   * of the mean and of `significantZ` standard errors.
   */
  quality: {
    leastScores: 20,
    leastScoresBefore: 100,
    leastDrop: 0.05,
    significantZ: 4,
    forSeconds: 900,
    keepFiringForSeconds: 3_600,
  },

  /**
   * The budget of the swarm for 30 days, shared among the hours of the week as the cost of last week
   * was. An alert fires when three hours cost more than `timesAllowed` times their share, and more than
   * their share by `leastExcess` of the budget. In the first week, the hours of the week are not known: work on
   * two days of it costs more than twice its share on each. A day may cost `day` times its share, and the
   * days so far `week` times the share of the whole week.
   */
  budget: {
    usdPerMonth: 1_000,
    timesAllowed: 1.5,
    leastExcess: 0.0025,
    firstWeekTimesAllowed: { day: 3, week: 1.1 },
    forSeconds: 900,
  },

  /**
   * A value is unusual when it leaves the range of the same hour of the week by `deviations` of its own
   * spread, and by `leastMargin` of the usual value. More runs than usual need the most: peaks are
   * frequent in healthy traffic, holes are not.
   */
  anomaly: {
    /** Runs are counted over this time: long enough for half the runs to be no chance, and to be found within half an hour. */
    windowMinutes: 26,
    deviations: { fewer: 3.7, more: 4.5, others: 4.5 },
    /** Share of the usual number of runs, and of a usual value per run. */
    leastMargin: { executions: 0.25, perRun: 0.4 },
    /** Share of failed runs above the usual share. */
    leastErrorMargin: 0.05,
    /** Below this number of runs in 15 minutes, the other signals are not unusual, and neither are more runs. */
    leastRuns: 20,
    /** Usual runs in `windowMinutes`: with fewer, a stop may be chance, or an agent may be new at this hour. */
    leastUsual: { toBeFewer: 35, toBeMore: 9 },
    /** In the first week, times the busiest of the last three days at this hour. */
    firstWeekTimes: 6,
    /** A day of the last week is of the same kind as today if they differed by less than this factor a week earlier. */
    sameKindOfDay: 1.3,
    /**
     * Share of the recent deviation from the usual number of runs that is expected to remain, if that
     * number was between `above` and `below` times the usual one.
     */
    trend: { share: 0.5, above: 0.75, below: 1.35 },
    /** The spread is that of hours with at least this share of the mean number of runs of the week. */
    busyShare: 0.8,
    /**
     * A value that was outside its range for this share of two days is the new usual: the baseline
     * learns it. Until then the baseline ignores values outside the range.
     */
    newUsualShare: 0.25,
    forSeconds: { executions: 120, others: 600 },
  },

  /** The level of the last days against the same hours of the weeks before; either direction. */
  drift: { times: { executions: 1.5, others: 1.25 }, forSeconds: 3_600 },
  /**
   * Forecasts of the advisor. Executions are unusual when they are further from the forecast than 99.8 % of past errors, by a share of
   * `timesWider`, for agents with at least `leastExecutions` in the hour (docs/statistics.md). Capacity is short when less than `leastHeadroom` is free at the peak.
   */
  forecast: { timesWider: 0.3, leastExecutions: 20, outsideForSeconds: 1_800, leastHeadroom: 0.1, headroomForSeconds: 3_600 },

  /** A task that can start has waited for `oldestSeconds` in the queue of the workers, for `forSeconds`. */
  workQueue: { oldestSeconds: 300, forSeconds: 300 },

  capacity: {
    /** Executions of this week against last week. */
    weeklyGrowth: 1.5,
    /**
     * `active_executions` against arrivals x duration (Little's law): a higher value means runs
     * that never ended.
     */
    activeTimesExpected: 3,
    leastActive: 5,
    /**
     * A queue of the Collector is fuller than `fullerThan`, or fuller than `fillingFrom` and full
     * in 30 minutes.
     */
    queueFull: { fullerThan: 0.7, fillingFrom: 0.3, forSeconds: 300 },
    /** The storage of Prometheus is fuller than `fullerThan` and full within a day. */
    diskFull: { fullerThan: 0.8, forSeconds: 3_600 },
  },

  /**
   * Experiments are judged on their last 30 days, from `leastRuns` of each variant on. `alpha` is the chance of a false verdict in the
   * whole experiment, however often it is looked at, over all variants and measures. `scale` is the size of the differences that are
   * found fastest: success as a difference, duration and cost as the logarithm of a ratio. A variant does harm if its success is lower,
   * or its duration or cost higher by more than `harm`.
   */
  experiments: {
    windowSeconds: 2_592_000,
    alpha: 0.05,
    leastRuns: 200,
    scale: { success: 0.05, duration: 0.2, cost: 0.2 },
    harm: 0.1,
    /** The same for the shares of variants, as a difference. */
    ratio: { alpha: 0.01, scale: 0.02, leastExposures: 500 },
  },

  /** Failed share of the notifications of Alertmanager. */
  notifications: { failedAbove: 0.01, forSeconds: 300 },

  /**
   * Notifications that Alertmanager counts as delivered and that no bridge received. Both counts are compared when nothing was sent for
   * `quietSeconds`, with those of the last `lookBackSeconds`.
   */
  lostNotifications: { quietSeconds: 180, lookBackSeconds: 1_800, forSeconds: 60 },

  /** The bridge itself waits until Alertmanager must have sent an alert: 15 minutes, and 45 for severity info. */
  missingAlerts: { forSeconds: 120 },

  /** Age of a critical incident that no one has acknowledged, in spite of the steps of `alerts.escalation`. */
  unacknowledged: { olderThanSeconds: 1800, forSeconds: 60 },

  /** Age of the oldest message that the bridge has not delivered. */
  bridge: { oldestSeconds: 300, forSeconds: 120 },

  /**
   * Default of `BRIDGE_WATCHDOG_SECONDS`: without a Watchdog for this time, the bridge raises an
   * alert. A dashboard shows the limit.
   */
  watchdogSeconds: 300,
} as const
