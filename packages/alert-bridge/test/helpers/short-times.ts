import type { DeliveryTimes } from '../../src/deliveries/delivery-context.ts'

/** The real ones, a few hundred times shorter. */
export const shortTimes: Partial<DeliveryTimes> = {
  backoffMs: 10,
  maxBackoffMs: 100,
  deadlineMs: 20_000,
  fallbackAfterMs: 60,
  // Set by the tests of the last resort: on a busy machine an ordinary delivery takes longer than any short time
  lastResortAfterMs: 60_000,
  probeAfterMs: 20,
  stormWindowMs: 60_000,
  firstDigestAfterMs: 30,
  digestEveryMs: 60,
  // tests move the clock, and wait until nothing is to be sent
  stepWaitMs: 0,
  stepWindowMs: 0,
  graceMs: 500,
}
