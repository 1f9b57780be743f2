import { expect, test } from 'vitest'

import { forComparison, simulate, withDifference, withoutDifference, type Scenario } from '../simulate/experiment/scenarios.ts'

// The table in docs/statistics.md has 10,000 simulations of each, by packages/mixin/simulate/experiment/print-table.ts. The seeds are
// fixed, so that the same numbers come out every time

const named = (title: string): Scenario =>
  [...withoutDifference, ...withDifference, ...forComparison].find((each) => each.title === title)!

test.each([
  ['2 variants', 0.05],
  ['5 variants', 0.05],
  ['2 variants, shares 95 and 5 %, success 99 %', 0.05],
  ['2 variants, 1,000 users, `unit: user`', 0.05],
  ['shares of 2 variants', 0.01],
])('without a difference, %s raise a false alarm in at most that share of months: %d', (title, promised) => {
  const simulations = 80
  // The promise and two standard errors
  const bound = promised + 2 * Math.sqrt((promised * (1 - promised)) / simulations)
  expect(simulate(named(title), simulations).share).toBeLessThanOrEqual(bound)
})

test('a variant that succeeds in 85 in place of 90 % is found within 3 days of 2,000 runs', () => {
  expect(simulate(named('success 85 in place of 90 %, 3 days'), 200).share).toBeGreaterThanOrEqual(0.95)
})

test('shares of 55 and 45 in place of 50 and 50 % are found within 3 days', () => {
  expect(simulate(named('shares 55 and 45 in place of 50 and 50 %, 3 days'), 100).share).toBe(1)
})

test('the rule of earlier versions finds a difference between equal variants in every month', () => {
  expect(simulate(named('old rule, 2 variants, 30 days'), 40).share).toBeGreaterThan(0.95)
})
