import type { RecoverySettings } from './settings.ts'

type DelaySettings = Pick<RecoverySettings, 'baseDelaySeconds' | 'exponentialFactor' | 'maxDelaySeconds' | 'jitter'>

/** Seconds to wait before retry `retry` (from 1): min(base x factor^(retry - 1), max), then jitter. */
export function retryDelaySeconds(retry: number, settings: DelaySettings, random: () => number): number {
  const computed = Math.min(settings.baseDelaySeconds * settings.exponentialFactor ** (retry - 1), settings.maxDelaySeconds)
  // 0 x Infinity: no base delay stays no delay, however often it is multiplied
  const delay = Number.isNaN(computed) ? 0 : computed
  return settings.jitter === 'full' ? delay * random() : delay
}
