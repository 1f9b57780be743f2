import type { DeliveryTimes } from '../../src/delivery/delivery-times.ts'

/** The real ones, a few hundred times shorter. */
export const shortTimes: Partial<DeliveryTimes> = {
  backoffMs: 10,
  longestBackoffMs: 100,
  deadlineMs: 2_000,
  fallbackAfterMs: 60,
  lastResortAfterMs: 200,
  probeAfterMs: 20,
  stormWindowMs: 60_000,
  firstDigestAfterMs: 30,
  digestEveryMs: 60,
  graceMs: 500,
}
