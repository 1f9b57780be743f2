import { type FaultPlan, seededFaults } from '../model-server/fault-plan.ts'

/**
 * How the worker's model misbehaves when nobody orders it: three requests in a hundred, of which one ends the attempt. So about one run
 * in twenty recovers, and next to none fails for good.
 */
export function rareFaults(seed: number): FaultPlan {
  const shares = { 'rate-limited': 0.004, 'server-error': 0.004, reset: 0.002, slow: 0.005, 'malformed-arguments': 0.015 }
  return seededFaults(seed, { shares, retryAfterSeconds: 2, slowMs: 2500 })
}
