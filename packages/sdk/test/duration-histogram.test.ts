import { expect, test } from 'vitest'

import { bucketOf, DurationHistogram } from '../src/monitor/sliding-window.ts'

function histogramOf(...durations: number[]): DurationHistogram {
  const histogram = new DurationHistogram()
  for (const seconds of durations) histogram.add(bucketOf(seconds))
  return histogram
}

test('removed values are gone, and the others remain', () => {
  const histogram = histogramOf(1, 1, 1, 0.0001, 100, 100, 20_000)
  histogram.subtract(histogramOf(0.0001, 100, 100, 20_000))
  expect(histogram.quantile(0.01)).toBeCloseTo(1, 0)
  expect(histogram.quantile(1)).toBe(histogramOf(1).quantile(1))
  histogram.subtract(histogramOf(1, 1, 1))
  expect(histogram.quantile(0.5)).toBeUndefined()
})

test('durations up to a millisecond share one bucket, zero included', () => {
  expect(histogramOf(0, 0.0005, 0.001).quantile(1)).toBe(0.001)
  expect(histogramOf(0, 0.001).quantile(0.5)).toBe(0.0005)
})

test('durations of many hours share the last bucket', () => {
  const [longest, longer] = [histogramOf(1e9), histogramOf(1e9, 20_000)]
  expect(longest.quantile(1)! / 3_600).toBeCloseTo(2.9, 1)
  expect(longer.quantile(0.5)).toBeLessThan(longest.quantile(1)!)
  expect(longer.quantile(0.5)).toBeGreaterThan(longest.quantile(1)! / 1.07)
})

test('no share of the durations is the lower end of the shortest', () => {
  expect(histogramOf(2, 50).quantile(0)! / 2).toBeGreaterThan(0.93)
  expect(histogramOf(2, 50).quantile(0)).toBeLessThanOrEqual(2)
})
