import { expect, test } from 'vitest'

import { chart, History, type Sample } from '../../src/status-page/chart.ts'
import { noon } from './sample-swarm.ts'

const sample = (seconds: number, p95Seconds: number | undefined): Sample => ({
  atMs: noon + seconds * 1000,
  values: { p95Seconds },
})
const drawn = (samples: Sample[]): string =>
  `${chart({ samples, name: 'p95Seconds', title: 'Response time', format: (value) => `${value} s`, top: 10 })}`
const line = (html: string): string | undefined => /class="line" d="([^"]*)"/.exec(html)?.[1]

test('draws the last 15 minutes from left to right, scaled to the highest value', () => {
  expect(line(drawn([sample(0, 0), sample(60, 20), sample(120, 10)]))).toBe('M260.0 46.0L280.0 2.0L300.0 24.0')
})

test('describes the lowest and the highest value in words', () => {
  expect(drawn([sample(0, 2), sample(5, 8)])).toContain('aria-label="Response time over the last 15 minutes: 2 s to 8 s"')
  expect(drawn([sample(0, 2)])).toContain('15 min: steady at 2 s')
})

test('breaks the line where nothing was measured', () => {
  const values = [sample(0, 5), sample(5, undefined), sample(10, 5), sample(100, 5), sample(105, 5)]
  expect(line(drawn(values))?.match(/M/g)).toHaveLength(3)
})

test('describes in words that there is nothing to draw', () => {
  expect(drawn([])).toContain('15 min: nothing measured')
  expect(drawn([sample(0, undefined)])).toContain('15 min: nothing measured')
})

test('keeps the samples of at most 15 minutes, however long it runs', () => {
  const history = new History(5000)
  for (let index = 0; index < 10_000; index += 1) history.add(sample(index * 5, 1))
  expect(history.samples()).toHaveLength(180)
  history.add(sample(10_000 * 5 + 3_600, 12))
  expect(history.samples().map(({ values }) => values['p95Seconds'])).toEqual([12])
})

test('removes the samples of the future when the clock is set back', () => {
  const history = new History(5000)
  for (const seconds of [0, 5, 10, 15, 5]) history.add(sample(seconds, 1))
  expect(history.samples().map(({ atMs }) => (atMs - noon) / 1000)).toEqual([0, 5])
})
