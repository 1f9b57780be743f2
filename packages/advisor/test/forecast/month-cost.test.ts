import { expect, test } from 'vitest'

import { loadAugurs } from '../../src/forecast/augurs.ts'
import { week } from '../../src/forecast/models.ts'
import { monthCost } from '../../src/month-cost.ts'
import { shapes } from './shapes.ts'

const days30 = 30 * 24
/** A Monday, 00:00. */
const firstHour = Date.UTC(2026, 0, 5) / 3_600_000
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)

test.for([
  ['flat', 1],
  ['daily', 1],
  ['office hours', 1],
  ['office hours', 5],
  ['weekend', 1],
  ['weekend', 5],
  ['daily', 5],
  ['growing', 5],
] as const)('the next 30 days of %s are known to a seventh from %i weeks, and are in the interval', async ([shape, weeks]) => {
  const all = shapes[shape]!(weeks * week + days30, 3).map((runs) => runs * 0.02)
  const known = all.slice(0, weeks * week)
  const nowMs = (firstHour + known.length) * 3_600_000
  const cost = (await monthCost({ firstHour, values: known }, await loadAugurs(), { nowMs, budgetUsd: undefined }))!
  const actual = sum(all.slice(weeks * week))
  const { low, middle, high } = cost.next30DaysUsd
  expect(Math.abs(middle / actual - 1)).toBeLessThan(0.15)
  expect(actual >= low && actual <= high).toBe(true)
  // What was spent in January, and the rest of the month
  const endHour = Date.UTC(2026, cost.month === '2026-01' ? 1 : 2) / 3_600_000
  const startHour = Date.UTC(2026, cost.month === '2026-01' ? 0 : 1) / 3_600_000
  expect(cost.spentUsd).toBeCloseTo(sum(known.slice(Math.max(0, startHour - firstHour))), 6)
  expect(cost.expectedUsd.middle).toBeGreaterThanOrEqual(cost.spentUsd)
  const month = sum(all.slice(Math.max(0, startHour - firstHour), endHour - firstHour))
  expect(Math.abs(cost.expectedUsd.middle / month - 1)).toBeLessThan(0.15)
})

test('less than a week of cost has no forecast of the month', async () => {
  const cost = { firstHour, values: new Float64Array(week - 1).fill(1) }
  const nowMs = (firstHour + week - 1) * 3_600_000
  expect(await monthCost(cost, await loadAugurs(), { nowMs, budgetUsd: 10 })).toBeUndefined()
})
