import { cleanName, cutText } from '../message/clean-text.ts'
import type { Chart, ChartPoint, ChartSeries } from './chart.ts'
import { isDrawable } from './chart.ts'
import { type Axis, clockTime, timeAxis, valueAxis, zoneText } from './chart-axes.ts'
import { valueText } from './chart-units.ts'

/** Size of a chart in pixels of a page. */
export const chartSize = { width: 600, height: 200 } as const
/** The family of the font that texts are drawn with. */
export const chartFont = 'Didact Gothic'

const { width, height } = chartSize
/** Distinguishable also by readers who see few colours. */
const colours = ['#0b66c3', '#b35900', '#6a3fb5', '#00776b']
const ink = { text: '#1b1b1b', pale: '#5a5a5a', grid: '#e3e3e3', limit: '#b3261e', fires: '#fdecea' } as const
/** Widest character of the font that is common in names, as a share of its size. */
const characterWidth = 0.54
/** The mark before a name in the legend, and the space behind it. */
const legendMargin = 33

/** Draws a chart as SVG of {@link chartSize}: title, both axes with units, the lines, the limit, and when the alert began. Pure. */
export function drawChart(chart: Chart): string {
  const values = valueAxis(chart)
  const times = timeAxis(chart)
  const hasLegend = chart.series.length > 1 || chart.moreSeries > 0
  const left = 14 + Math.max(...values.ticks.map(({ text }) => widthOf(text, 12)))
  const area: Area = { left, right: width - 14, top: hasLegend ? 58 : 40, bottom: height - 26, values, times }
  const { title, alertMs, timeZone, toMs, fromMs } = chart
  const isMarked = alertMs !== undefined && alertMs >= fromMs && alertMs <= toMs
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${chartFont}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    words(cutText(cleanName(title, 200), 70), { x: 10, y: 21, size: 15, fill: ink.text }),
    words(zoneText(toMs, timeZone), { x: area.right, y: 21, size: 12, fill: ink.pale, anchor: 'end' }),
    ...(hasLegend ? [legend(chart)] : []),
    ...(isMarked ? [firingArea(alertMs, area)] : []),
    ...grid(area),
    ...lines(chart, area),
    ...limitLine(chart, area),
    ...(isMarked ? [beginOfAlert(alertMs, chart, area)] : []),
    '</svg>',
  ].join('\n')
}

/** The chart in one sentence, for readers who do not see it. */
export function chartText({ title, unit, limit, series, moreSeries, fromMs, toMs, alertMs, timeZone }: Chart): string {
  const name = cleanName(title, 200)
  const values = series.flatMap(({ points }) => points.map(({ value }) => value)).filter(isDrawable)
  const range = `from ${clockTime(fromMs, timeZone)} to ${clockTime(toMs, timeZone)} ${zoneText(toMs, timeZone)}`
  if (values.length === 0) return `Chart of ${name}, ${range}: no data.`
  const lowest = values.reduce((one, other) => Math.min(one, other))
  const highest = values.reduce((one, other) => Math.max(one, other))
  const last = series.length === 1 ? series[0]!.points.findLast(({ value }) => isDrawable(value)) : undefined
  return [
    `Chart of ${name}, ${range}: lowest ${valueText(unit, lowest)}, highest ${valueText(unit, highest)}`,
    ...(last === undefined ? [] : [`last ${valueText(unit, last.value)}`]),
    ...(limit === undefined ? [] : [`limit ${valueText(unit, limit)}`]),
    ...(alertMs === undefined ? [] : [`alert since ${clockTime(alertMs, timeZone)}`]),
    ...(moreSeries === 0 ? [] : [`${moreSeries} more series not shown`]),
  ]
    .join(', ')
    .concat('.')
}

/** The part of the picture between the axes. */
interface Area {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly values: Axis
  readonly times: Axis
}

function xOf(ms: number, { left, right, times: { from, to } }: Area): number {
  return rounded(left + ((ms - from) / Math.max(to - from, 1)) * (right - left))
}

function yOf(value: number, { top, bottom, values: { from, to } }: Area): number {
  return rounded(bottom - ((value - from) / (to - from)) * (bottom - top))
}

function rounded(pixels: number): number {
  return Math.round(pixels * 100) / 100
}

function grid(area: Area): string[] {
  const { left, right, bottom, values, times } = area
  return [
    ...values.ticks.flatMap(({ at, text }) => {
      const y = yOf(at, area)
      return [
        `<line x1="${left}" y1="${y}" x2="${right}" y2="${y}" stroke="${ink.grid}"/>`,
        words(text, { x: left - 6, y: y + 4, size: 12, fill: ink.pale, anchor: 'end' }),
      ]
    }),
    ...times.ticks.flatMap(({ at, text }) => {
      const x = xOf(at, area)
      // a text at the edge stays inside the picture
      const middle = Math.min(Math.max(x, left + 4), right - 10)
      return [
        `<line x1="${x}" y1="${bottom}" x2="${x}" y2="${bottom + 4}" stroke="${ink.pale}"/>`,
        words(text, { x: middle, y: bottom + 17, size: 12, fill: ink.pale, anchor: 'middle' }),
      ]
    }),
    `<line x1="${left}" y1="${bottom}" x2="${right}" y2="${bottom}" stroke="${ink.pale}"/>`,
  ]
}

function lines(chart: Chart, area: Area): string[] {
  const parts = chart.series.flatMap((series, index) => seriesPath(series, chart, colours[index % colours.length]!, area))
  if (parts.length > 0) return parts
  const { left, right, top, bottom } = area
  return [words('no data', { x: (left + right) / 2, y: (top + bottom) / 2, size: 15, fill: ink.pale, anchor: 'middle' })]
}

function seriesPath({ points }: ChartSeries, { stepMs, fromMs, toMs }: Chart, colour: string, area: Area): string[] {
  const inRange = points.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
  const runs: ChartPoint[][] = []
  let before: ChartPoint | undefined
  for (const point of inRange) {
    if (!isDrawable(point.value)) {
      before = undefined
      continue
    }
    if (before === undefined || point.atMs - before.atMs > 2 * stepMs) runs.push([])
    runs.at(-1)!.push(point)
    before = point
  }
  return runs.map((run) => {
    const at = run.map(({ atMs, value }) => `${xOf(atMs, area)} ${yOf(value, area)}`)
    if (at.length > 1)
      return `<path d="M${at.join('L')}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`
    const [x, y] = at[0]!.split(' ')
    return `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`
  })
}

function limitLine({ limit, unit, alertMs }: Chart, area: Area): string[] {
  if (limit === undefined || !isDrawable(limit)) return []
  const y = yOf(limit, area)
  const text = `limit ${valueText(unit, limit)}`
  // under the line where the title is close
  const below = y - area.top < 18
  // at the end where the beginning of the alert is not
  const isLeft = alertMs === undefined || xOf(alertMs, area) > area.left + 150
  const x = isLeft ? area.left + 6 : area.right - 6
  return [
    `<line x1="${area.left}" y1="${y}" x2="${area.right}" y2="${y}" stroke="${ink.limit}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    label(text, { x, y: below ? y + 14 : y - 5, fill: ink.limit, anchor: isLeft ? 'start' : 'end' }),
  ]
}

function firingArea(alertMs: number, area: Area): string {
  const x = xOf(alertMs, area)
  return `<rect x="${x}" y="${area.top}" width="${rounded(area.right - x)}" height="${area.bottom - area.top}" fill="${ink.fires}"/>`
}

function beginOfAlert(alertMs: number, { timeZone }: Chart, area: Area): string {
  const x = xOf(alertMs, area)
  const text = `alert since ${clockTime(alertMs, timeZone)}`
  const fits = x + widthOf(text, 12) + 8 < area.right
  return [
    `<line x1="${x}" y1="${area.top - 10}" x2="${x}" y2="${area.bottom}" stroke="${ink.limit}" stroke-width="1.5"/>`,
    label(text, { x: fits ? x + 5 : x - 5, y: area.top - 2, fill: ink.limit, anchor: fits ? 'start' : 'end' }),
  ].join('\n')
}

function legend({ series, moreSeries }: Chart): string {
  const more = moreSeries === 0 ? '' : `${moreSeries} more not shown`
  const room = width - 20 - (more === '' ? 0 : widthOf(more, 12) + 12)
  const names = series.map(({ name }, index) => cleanName(name, 60) || `series ${index + 1}`)
  const natural = names.map((name) => widthOf(name, 12) + legendMargin)
  const isTooWide = natural.reduce((sum, each) => sum + each, 0) > room
  const equal = Math.floor(room / Math.max(series.length, 1))
  const most = isTooWide ? Math.max(Math.floor((equal - legendMargin) / (12 * characterWidth)), 6) : 60
  let x = 10
  const parts = names.map((name, index) => {
    const at = x
    x += isTooWide ? equal : natural[index]!
    return [
      `<rect x="${at}" y="31" width="14" height="4" rx="2" fill="${colours[index % colours.length]!}"/>`,
      words(cleanName(name, most), { x: at + 19, y: 38, size: 12, fill: ink.text }),
    ].join('\n')
  })
  const rest = more === '' ? [] : [words(more, { x: width - 14, y: 38, size: 12, fill: ink.pale, anchor: 'end' })]
  return [...parts, ...rest].join('\n')
}

interface Place {
  readonly x: number
  readonly y: number
  readonly fill: string
  /** @default 12 */
  readonly size?: number
  /** @default 'start' */
  readonly anchor?: 'start' | 'middle' | 'end'
}

/** A text with a white border, so that it is readable on a line. */
function label(text: string, place: Place): string {
  return words(text, place, ' stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"')
}

function words(text: string, { x, y, fill, size = 12, anchor = 'start' }: Place, more = ''): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${more}>${escaped(text)}</text>`
}

function widthOf(text: string, size: number): number {
  return Math.ceil(text.length * size * characterWidth)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Text for XML; the font has Latin, Greek and Cyrillic letters, and others would be missing without a trace. */
function escaped(text: string): string {
  return text.replaceAll(/[^\x20-\x7E\xA0-\u052F\u2013-\u2026\u20AC]/gu, '?').replaceAll(/[&<>]/g, (sign) => entities[sign]!)
}
