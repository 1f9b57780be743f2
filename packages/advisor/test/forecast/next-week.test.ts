import { expect, test } from 'vitest'

import { judgeNextWeek, peakOf, totalOf } from '../../simulate/next-week.ts'
import { loadAugurs } from '../../src/forecast/augurs.ts'
import { meanOf, week } from '../../src/forecast/models.ts'
import { leastHoursOfWeek, quantilesOfNextWeek } from '../../src/forecast/next-week.ts'
import { type Shape, shapes, wandering } from './shapes.ts'

const all: Readonly<Record<string, Shape>> = { ...shapes, wandering }

// docs/statistics.md has 400 series of each; among 120 weeks, five points are 1.8 standard deviations
test.for(Object.keys(all))(
  'from three, five and eight weeks of %s traffic, the intervals of the busiest hour contain what they claim',
  async (name) => {
    const augurs = await loadAugurs()
    const judged = Array.from({ length: 40 }, (_, seed) => all[name]!(9 * week, seed + 1)).flatMap((values) =>
      [3, 5, 8].map((weeks) => judgeNextWeek(values, weeks * week, peakOf, augurs)),
    )
    const inside = judged.filter(({ isInside }) => isInside).length / judged.length
    expect(Math.abs(inside - 0.9)).toBeLessThanOrEqual(0.08)
    expect(meanOf(judged.map(({ error }) => error)) / meanOf(judged.map(({ errorOfLastWeek }) => errorOfLastWeek))).toBeLessThan(
      1,
    )
  },
)

test('with two weeks of history, nothing is stated about the next one', () => {
  const values = shapes['daily']!(leastHoursOfWeek - 1, 1)
  expect(quantilesOfNextWeek({ values, clean: values, summary: peakOf, probabilities: [0.5] })).toBeUndefined()
})

test('growth of every week is continued, and its interval is not wider for it', () => {
  const values = shapes['growing']!(9 * week, 3)
  const history = values.slice(0, 8 * week)
  const [low, middle, high] = quantilesOfNextWeek({
    values: history,
    clean: history,
    summary: totalOf,
    probabilities: [0.05, 0.5, 0.95],
  })!
  const actual = totalOf(values.slice(8 * week))
  expect(middle! / actual).toBeGreaterThan(0.95)
  expect(middle! / actual).toBeLessThan(1.05)
  expect((high! - low!) / actual).toBeLessThan(0.15)
})

test('a swarm that begins to work after weeks of silence is not forecast without a limit', () => {
  const values = new Float64Array(8 * week).fill(30, 7 * week)
  const [high] = quantilesOfNextWeek({ values, clean: values, summary: peakOf, probabilities: [0.95] })!
  expect(high).toBeLessThanOrEqual(300)
})
