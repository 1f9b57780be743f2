import { expect, test } from 'vitest'

import { thresholds } from '../src/index.ts'

const { errorRate, healthScore } = thresholds

test('what is critical is worse than what is a warning', () => {
  expect(errorRate.critical.above).toBeGreaterThan(errorRate.warning.above)
  expect(healthScore.critical.below).toBeLessThan(healthScore.warning.below)
})
