import { historyMs, type Sample } from '../values/history.ts'
import { type Markup, markup } from './markup.ts'

const width = 300
const height = 48
/** A longer pause breaks the line: nothing was measured then. */
const longestPauseMs = 60_000

/** Which value of the samples is drawn, and how it is called. */
export interface ChartOptions {
  readonly samples: readonly Sample[]
  readonly pick: (sample: Sample) => number | undefined
  /** `Health score`: what the line is. */
  readonly title: string
  readonly format: (value: number) => string
  /** The scale reaches at least this far up. */
  readonly top: number
}

/** The last 15 minutes as a small line, with its lowest and highest value in words. */
export function chart({ samples, pick, title, format, top }: ChartOptions): Markup {
  const values = samples.map(pick).filter((value) => value !== undefined)
  if (values.length === 0)
    return markup`<div class="chart"><svg viewBox="0 0 ${width} ${height}" aria-hidden="true" preserveAspectRatio="none">${frame}</svg><p class="range">15 min: nothing measured</p></div>`
  const low = Math.min(...values)
  const high = Math.max(...values)
  const scale = Math.max(top, high)
  const { line, area } = paths(samples, pick, scale)
  const [lowest, highest] = [format(low), format(high)]
  const words = lowest === highest ? `steady at ${lowest}` : `${lowest} to ${highest}`
  return markup`<div class="chart"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} over the last 15 minutes: ${words}" preserveAspectRatio="none">${frame}<path class="area" d="${area}"/><path class="line" d="${line}"/></svg><p class="range" aria-hidden="true">15 min: ${words}</p></div>`
}

const frame = markup`<path class="grid" d="M0 .5H${width}M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}M100 0V${height}M200 0V${height}"/>`

function paths(samples: readonly Sample[], pick: ChartOptions['pick'], scale: number): { line: string; area: string } {
  const start = samples.at(-1)!.atMs - historyMs
  let line = ''
  let area = ''
  for (const segment of segments(samples, pick)) {
    const path = segment
      .map(
        ({ atMs, value }) =>
          `${(((atMs - start) / historyMs) * width).toFixed(1)} ${(height - 2 - (value / scale) * (height - 4)).toFixed(1)}`,
      )
      .join('L')
    // A single value is a dot: the line's caps are round
    line += `M${path}${segment.length === 1 ? 'h.1' : ''}`
    const x = (atMs: number): string => (((atMs - start) / historyMs) * width).toFixed(1)
    area += `M${x(segment[0]!.atMs)} ${height}L${path}L${x(segment.at(-1)!.atMs)} ${height}Z`
  }
  return { line, area }
}

type Point = { readonly atMs: number; readonly value: number }

function segments(samples: readonly Sample[], pick: ChartOptions['pick']): Point[][] {
  const found: Point[][] = []
  let previous: Point | undefined
  for (const sample of samples) {
    const value = pick(sample)
    const point = value === undefined ? undefined : { atMs: sample.atMs, value }
    if (point) {
      if (previous && point.atMs - previous.atMs <= longestPauseMs) found.at(-1)!.push(point)
      else found.push([point])
    }
    previous = point
  }
  return found
}
