import type { DeliveryTimes } from './delivery-times.ts'

/**
 * How long to wait after the `failures`-th failure: 5, 15, 45 s and so on up to 15 min, each up to a fifth more or less so that many do
 * not come back at once. What the provider asks for is waited in full, up to the longest.
 */
export function backoffMs(
  failures: number,
  { backoffMs: first, longestBackoffMs }: Pick<DeliveryTimes, 'backoffMs' | 'longestBackoffMs'>,
  random: () => number,
  retryAfterSeconds?: number,
): number {
  if (retryAfterSeconds !== undefined) {
    return Math.min(retryAfterSeconds * 1000, longestBackoffMs) + random() * Math.min(1000, first)
  }
  const wait = Math.min(first * 3 ** (failures - 1), longestBackoffMs)
  return Math.min(wait * (0.8 + 0.4 * random()), longestBackoffMs)
}
