import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { SlidingWindow } from '../src/monitor/sliding-window.ts'

test('p95 is near the longest of a few durations and never above it', () => {
  const window = new SlidingWindow(300)
  window.record(0, true, 1)
  expect(window.totals(0).p95Seconds).toBeGreaterThan(0.93)
  expect(window.totals(0).p95Seconds).toBeLessThanOrEqual(1)
  window.record(10_000, false, 100)
  expect(window.totals(10_000).p95Seconds).toBeGreaterThan(93)
  expect(window.totals(10_000).p95Seconds).toBeLessThanOrEqual(100)
})

test('p95 ignores values older than the window', () => {
  const window = new SlidingWindow(300)
  window.record(0, true, 100)
  window.record(200_000, true, 1)
  expect(window.totals(310_000).p95Seconds).toBeLessThanOrEqual(1)
})

test('whether a run before the window is read or not, it is forgotten when the next one comes', () => {
  const window = new SlidingWindow(30)
  for (let second = 0; second <= 3_600; second += 30) window.record(second * 1_000, true, second)
  expect(window.totals(3_600_000)).toMatchObject({ successes: 1, failures: 0, averageSeconds: 3_600 })
})

test('a run that a clock set back puts before the others leaves the window with the newest', () => {
  const window = new SlidingWindow(300)
  for (const ms of [0, 10_000, 20_000, 15_000]) window.record(ms, true, 1)
  expect(window.totals(310_000).successes).toBe(2)
  expect(window.totals(320_000).successes).toBe(0)
})

test('holds no more memory after thousands of runs, in one moment, over days without a look, or with a clock that goes to and fro', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const window = new SlidingWindow(300)
  for (let slot = 0; slot < 60; slot += 1) window.record(slot * 10_000, true, 1)
  const heldBytes = (): number => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  const before = heldBytes()
  const runs = 10_000
  for (let run = 0; run < runs; run += 1) window.record(600_000, true, 1)
  for (let run = 0; run < runs; run += 1) window.record(600_000 + run * 10_000, true, 1)
  const end = 600_000 + runs * 10_000
  for (let run = 0; run < runs; run += 1) window.record(end - (run % 2) * 20_000, true, 1)
  // each slot that were kept would take a kilobyte; what is garbage may be given back a little later
  await expect.poll(() => heldBytes() - before).toBeLessThan(1_000_000)
  expect(window.totals(end).successes).toBe(runs + 29)
})
