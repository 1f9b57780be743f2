import { chartUnits } from '@swarmwatch/config'
import { test as propertyTest } from '@fast-check/vitest'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Chart } from '../../src/charts/chart.ts'
import { timeAxis, valueAxis } from '../../src/charts/chart-axes.ts'
import { valueText } from '../../src/charts/chart-units.ts'
import { chartText, drawChart } from '../../src/charts/draw-chart.ts'
import { renderPng } from '../../src/charts/render-png.ts'

const toMs = Date.parse('2026-11-24T02:20:00Z')
const minuteMs = 60_000
const fromMs = toMs - 60 * minuteMs

/** One value a minute until the end. */
function chart(values: readonly number[], more: Partial<Chart> = {}): Chart {
  const points = values.map((value, index) => ({ atMs: toMs - (values.length - 1 - index) * minuteMs, value }))
  return {
    title: 'Failed runs in 5 minutes: writer',
    unit: 'ratio',
    series: [{ name: '', points }],
    moreSeries: 0,
    fromMs,
    toMs,
    stepMs: minuteMs,
    timeZone: 'Europe/Berlin',
    ...more,
  }
}

const textsOf = (svg: string): string[] => [...svg.matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text!)

/** Width and height in the head of a PNG; undefined for whatever is none. */
function sizeOf(png: Uint8Array): readonly [number, number] | undefined {
  const bytes = Buffer.from(png)
  const isPng = bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a' && bytes.subarray(-8, -4).toString() === 'IEND'
  return isPng ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : undefined
}

test('a chart has a title, a scale with units, times in the time zone, the limit and the beginning of the alert', () => {
  const svg = drawChart(chart([0, 0.02, 0.4, 0.62], { limit: 0.1, alertMs: toMs - 2 * minuteMs }))
  expect(textsOf(svg).join(' | ')).toBe(
    'Failed runs in 5 minutes: writer | UTC+01:00 | 0% | 20% | 40% | 60% | 80% | ' +
      '02:20 | 02:30 | 02:40 | 02:50 | 03:00 | 03:10 | 03:20 | limit 10% | alert since 03:18',
  )
  expect(svg.match(/<path /g)).toHaveLength(1)
})

test('a legend names several series, and counts those that are left out', () => {
  const series = ['writer', 'planner'].map((name) => ({ name, points: chart([1, 2, 3]).series[0]!.points }))
  const texts = textsOf(drawChart(chart([], { unit: 'number', series, moreSeries: 7 })))
  expect(texts).toEqual(expect.arrayContaining(['writer', 'planner', '7 more not shown']))
})

test('a line is interrupted where values are missing, and a single value is a dot', () => {
  const svg = drawChart(chart([1, 2, Number.NaN, 3, Number.POSITIVE_INFINITY, 4, 5, 6]))
  expect(svg.match(/<path /g)).toHaveLength(2)
  expect(svg.match(/<circle /g)).toHaveLength(1)
  expect(drawChart(chart([Number.NaN]))).toContain('>no data<')
})

test('external text is escaped, and characters that the font lacks are replaced', () => {
  const svg = drawChart(chart([1], { title: '<script>&"\u0000 \u6F22 Zo\u00EB' }))
  expect(svg).toContain('>&lt;script&gt;&amp;" ? Zo\u00EB<')
})

test.each([
  ['ratio', 0.0012, '0.12%'],
  ['ratio', 0.625, '62.5%'],
  ['seconds', 0.25, '250 ms'],
  ['seconds', 12.5, '12.5 s'],
  ['seconds', 5_400, '90 min'],
  ['usd', 1.234, '1.23 USD'],
  ['number', 12_345, '12.3k'],
  ['number', 0, '0'],
  ['seconds', 0, '0 ms'],
] as const)('%s: %d is written as %s', (unit, value, text) => {
  expect(valueText(unit, value)).toBe(text)
})

test('the picture is described in a sentence', () => {
  expect(chartText(chart([0, 0.62, 0.3], { limit: 0.1, alertMs: toMs - minuteMs }))).toBe(
    'Chart of Failed runs in 5 minutes: writer, from 02:20 to 03:20 UTC+01:00: lowest 0%, highest 62%, last 30%, limit 10%, alert since 03:19.',
  )
  expect(chartText(chart([]))).toMatch(/: no data\.$/)
})

const anyValue = fc.oneof(
  fc.double(),
  fc.double({ min: -10, max: 10 }),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324, 1e300, -1e300, 1, 1 + Number.EPSILON),
)
const anyChart = fc
  .record({
    values: fc.array(fc.array(anyValue, { maxLength: 130 }), { maxLength: 4 }),
    names: fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { minLength: 4, maxLength: 4 }),
    title: fc.string({ unit: 'binary', maxLength: 300 }),
    unit: fc.constantFrom(...chartUnits),
    limit: fc.option(anyValue, { nil: undefined }),
    spanMs: fc.integer({ min: 1, max: 24 * 60 * minuteMs }),
    alertAgoMs: fc.option(fc.integer({ min: -minuteMs, max: 30 * 60 * minuteMs }), { nil: undefined }),
    moreSeries: fc.nat(1000),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia'),
  })
  .map(({ values, names, spanMs, alertAgoMs, ...rest }): Chart => {
    const stepMs = Math.max(spanMs / 120, 1)
    return {
      ...rest,
      fromMs: toMs - spanMs,
      toMs,
      stepMs,
      alertMs: alertAgoMs === undefined ? undefined : toMs - alertAgoMs,
      series: values.map((list, at) => ({
        name: names[at]!,
        points: list.map((value, index) => ({ atMs: toMs - spanMs + index * stepMs, value })),
      })),
    }
  })

propertyTest.prop([anyChart])('axes have few marks, in order, that enclose all values that can be drawn', (any) => {
  const { from, to, ticks } = valueAxis(any)
  const drawn = any.series.flatMap(({ points }) => points.map(({ value }) => value)).filter((value) => Math.abs(value) <= 1e300)
  expect(ticks.length).toBeLessThanOrEqual(9)
  expect([from, to].every(Number.isFinite) && from < to).toBe(true)
  for (const value of drawn) {
    expect(value).toBeGreaterThanOrEqual(from - (to - from) * 1e-6)
    expect(value).toBeLessThanOrEqual(to + (to - from) * 1e-6)
  }
  const times = timeAxis(any).ticks.map(({ at }) => at)
  expect(times.length).toBeLessThanOrEqual(8)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect(times.every((at) => at >= any.fromMs && at <= any.toMs)).toBe(true)
})

propertyTest.prop([anyChart], { numRuns: 60 })(
  'any values are a valid PNG of 1200 x 400 pixels below 200 kB',
  async (any) => {
    const svg = drawChart(any)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    const png = await renderPng(svg)
    expect(sizeOf(png)).toEqual([1_200, 400])
    expect(png.length).toBeLessThan(200_000)
  },
  120_000,
)
