import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'

import { healthScore, type HealthInput } from '../src/index.ts'
import { ResourceMeter, type ResourceReading } from '../src/monitor/resource-meter.ts'
import { bucketOf, DurationHistogram, SlidingWindow } from '../src/monitor/sliding-window.ts'

describe('health score', () => {
  const calm: HealthInput = { errorRate: 0, p95Seconds: 1, cpu: 0.1, memory: 0.1 }

  test.each<[string, Partial<HealthInput>, number]>([
    ['nothing has run', { errorRate: undefined, p95Seconds: undefined, cpu: 1, memory: 1 }, 100],
    ['all is well', {}, 100],
    ['a quarter fails', { errorRate: 0.25 }, 70],
    ['half fails', { errorRate: 0.5 }, 40],
    ['all fails', { errorRate: 1 }, 40],
    ['p95 is 10 s', { p95Seconds: 10 }, 100],
    ['p95 is 20 s', { p95Seconds: 20 }, 87.5],
    ['p95 is a minute', { p95Seconds: 60 }, 75],
    ['CPU is at 90 %', { cpu: 0.9 }, 92.5],
    ['memory is at 90 %, CPU less', { memory: 0.9, cpu: 0.85 }, 92.5],
    ['four cores are busy', { cpu: 4 }, 85],
    ['everything is as bad as it gets', { errorRate: 1, p95Seconds: 99, memory: 1 }, 0],
  ])('when %s', (_when, input, score) => {
    expect(healthScore({ ...calm, ...input }).score).toBeCloseTo(score)
  })

  property.prop([fc.double({ min: 0, max: 1 }), fc.double({ min: 0 }), fc.double({ min: 0 }), fc.double({ min: 0 })])(
    'is 100 less what each part took away, and never below 0',
    (errorRate, p95Seconds, cpu, memory) => {
      fc.pre(![errorRate, p95Seconds, cpu, memory].some(Number.isNaN))
      const { score, lost } = healthScore({ errorRate, p95Seconds, cpu, memory })
      expect(score).toBeCloseTo(100 - lost.errorRate - lost.p95 - lost.resources)
      expect(score).toBeGreaterThanOrEqual(-1e-9)
    },
  )
})

describe('sliding window', () => {
  test('counts values within its length and forgets older ones, slot by slot', () => {
    const window = new SlidingWindow(300)
    window.record(0, true, 1)
    window.record(150_000, false, 3)
    expect(window.totals(150_000)).toMatchObject({ successes: 1, failures: 1, averageSeconds: 2 })
    expect(window.totals(299_999)).toMatchObject({ successes: 1, failures: 1 })
    expect(window.totals(300_000)).toMatchObject({ successes: 0, failures: 1, averageSeconds: 3 })
    expect(window.totals(10_000_000)).toEqual({ successes: 0, failures: 0, averageSeconds: undefined, p95Seconds: undefined })
  })

  test('counts on when the clock goes backwards', () => {
    const window = new SlidingWindow(300)
    window.record(1_000_000, true, 1)
    window.record(10, true, 1)
    expect(window.totals(5)).toMatchObject({ successes: 2 })
  })

  property.prop([
    fc.array(
      fc.record({ after: fc.nat(60_000), succeeded: fc.boolean(), seconds: fc.double({ min: 0, max: 5_000, noNaN: true }) }),
    ),
  ])('equals a recount of what lies in the window', (events) => {
    const window = new SlidingWindow(300)
    const all: { slot: number; succeeded: boolean; seconds: number }[] = []
    let now = 0
    for (const { after, succeeded, seconds } of events) {
      now += after
      window.record(now, succeeded, seconds)
      all.push({ slot: Math.floor(now / 10_000), succeeded, seconds })
    }
    const inside = all.filter(({ slot }) => slot > Math.floor(now / 10_000) - 30)
    const totals = window.totals(now)
    expect(totals.successes).toBe(inside.filter(({ succeeded }) => succeeded).length)
    expect(totals.failures).toBe(inside.filter(({ succeeded }) => !succeeded).length)
    const sum = inside.reduce((seconds, event) => seconds + event.seconds, 0)
    if (inside.length > 0) expect(totals.averageSeconds).toBeCloseTo(sum / inside.length, 6)
    if (inside.length > 0) expect(totals.p95Seconds).toBeLessThanOrEqual(Math.max(...inside.map(({ seconds }) => seconds)))
  })
})

property.prop([
  fc.array(fc.double({ min: 0.0011, max: 9_000, noNaN: true }), { minLength: 1 }),
  fc.double({ min: 0.01, max: 1, noNaN: true }),
])('a quantile of durations above a millisecond is at most 7 % off', (durations, q) => {
  const histogram = new DurationHistogram()
  for (const seconds of durations) histogram.add(bucketOf(seconds))
  const exact = durations.toSorted((a, b) => a - b)[Math.ceil(q * durations.length) - 1]!
  expect(histogram.quantile(q)! / exact).toBeGreaterThan(0.93)
  expect(histogram.quantile(q)! / exact).toBeLessThan(1.0701)
})

test('resource use is CPU time by wall time since the reading before, at least a second ago, and memory by its limit', () => {
  let reading: ResourceReading = { uptimeSeconds: 10, cpuSeconds: 5, residentBytes: 100, limitBytes: 400 }
  const meter = new ResourceMeter(() => reading)
  expect(meter.use()).toEqual({ cpu: 0, memory: 0.25 })
  reading = { ...reading, uptimeSeconds: 14, cpuSeconds: 7, residentBytes: 200 }
  expect(meter.use()).toEqual({ cpu: 0.5, memory: 0.5 })
  // A second reader right after the first gets the same, not an empty interval
  reading = { ...reading, uptimeSeconds: 14.1, cpuSeconds: 7.1 }
  expect(meter.use()).toEqual({ cpu: 0.5, memory: 0.5 })
  reading = { ...reading, uptimeSeconds: 16, cpuSeconds: 7.2 }
  expect(meter.use().cpu).toBeCloseTo(0.1)
})
