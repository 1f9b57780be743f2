/** How quickly all goes, the same for both: as in production for critical alerts, but for `group_wait`, which is 30 s there. */
export const pace = {
  groupWaitSeconds: 1,
  groupIntervalSeconds: 60,
  /** How often Prometheus says again what fires, and what is over: its default. */
  resendMs: 60_000,
  /** Ends in the middle of a group_interval. */
  faultMs: 90_000,
  /** From the SIGKILL to the next start. */
  downMs: 10_000,
  /** From the end of the fault to that of the alerts: more than a group_interval. */
  recoveryMs: 75_000,
  /** How long it is waited for what is still to be told, after the end of fault and alerts: more than two of them. */
  patienceMs: 130_000,
  /** What comes twice comes by then. */
  settleMs: 15_000,
  /** From the beginning of one case to that of the next, beside it, so that they do not all send in the same moment. */
  betweenMs: 1_500,
} as const
