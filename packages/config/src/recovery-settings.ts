/** How often and how slowly an agent is tried again: 5, 15, 30 s by default, and the fourth failure is final. */
export interface RecoveryLimits {
  /** Retries after the first call, so there are at most 1 + `maxRetries` calls; `MAX_RETRIES`. @default 3 */
  readonly maxRetries: number
  /** Wait before the first retry, in seconds; `BASE_RETRY_DELAY`. @default 5 */
  readonly baseDelaySeconds: number
  /** No wait is longer, in seconds; `MAX_RETRY_DELAY`. @default 30 */
  readonly maxDelaySeconds: number
  /** Each wait is this many times the one before; `RETRY_EXPONENTIAL_FACTOR`. @default 3 */
  readonly exponentialFactor: number
}

/** The limits of every agent, and of those that differ. */
export interface RecoverySettings extends RecoveryLimits {
  /** Complete limits by agent name (an object without prototype); what an agent's entry leaves out is as for every agent. @default {} */
  readonly agents: Readonly<Record<string, RecoveryLimits>>
}
