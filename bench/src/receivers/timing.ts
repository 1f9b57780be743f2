/** The waits of a case, the same for both notifiers: those of production for critical alerts, except `group_wait`, which is 30 s there. */
export const timing = {
  groupWaitSeconds: 1,
  groupIntervalSeconds: 60,
  /** The interval at which Prometheus sends firing and resolved alerts again: its default. */
  resendMs: 60_000,
  /** Duration of a fault; it ends in the middle of a group_interval. */
  faultMs: 90_000,
  /** From the SIGKILL to the next start. */
  downMs: 10_000,
  /** From the end of the fault to that of the alerts: more than a group_interval. */
  recoveryMs: 75_000,
  /** Limit for outstanding messages after the end of the fault and of the alerts: more than two group_intervals. */
  patienceMs: 130_000,
  /** Time after the last expected message, for repeated ones to arrive. */
  settleMs: 15_000,
  /** Between the starts of two cases that run in parallel, so that they do not all send at the same moment. */
  staggerMs: 1_500,
} as const
