import type { RecoveryLimits } from './recovery-settings.ts'

/** More are never shown. */
const mostShown = 20

/** The waits before the retries, in seconds: 5, 15, 30 by default. */
export function recoveryWaits(limits: RecoveryLimits): number[] {
  const { maxRetries, baseDelaySeconds, exponentialFactor, maxDelaySeconds } = limits
  return Array.from({ length: Math.min(maxRetries, mostShown) }, (_, retry) =>
    // 0 x Infinity is no number
    baseDelaySeconds === 0 ? 0 : Math.min(baseDelaySeconds * exponentialFactor ** retry, maxDelaySeconds),
  )
}
