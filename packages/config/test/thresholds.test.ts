import { expect, test } from 'vitest'

import { thresholds } from '../src/index.ts'

const { errorRate, healthScore, healthScoreParts } = thresholds

test('the parts of the health score add up to all of it', () => {
  const { errorRate: failures, p95Seconds, busiest } = healthScoreParts
  expect(failures.weight + p95Seconds.weight + busiest.weight).toBeCloseTo(1)
})

test('what is critical is worse than what is a warning', () => {
  expect(errorRate.critical.above).toBeGreaterThan(errorRate.warning.above)
  expect(healthScore.critical.below).toBeLessThan(healthScore.warning.below)
})
