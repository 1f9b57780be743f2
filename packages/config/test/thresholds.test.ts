import { expect, test } from 'vitest'

import { thresholds } from '../src/index.ts'

const { errorRate, healthScore } = thresholds

test('every critical threshold is worse than its warning threshold', () => {
  expect(errorRate.critical.above).toBeGreaterThan(errorRate.warning.above)
  expect(healthScore.critical.below).toBeLessThan(healthScore.warning.below)
})
