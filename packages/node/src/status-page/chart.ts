import { type Markup, markup } from './markup.ts'

/** The charted figures at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** By the name of the figure. */
  readonly values: Readonly<Record<string, number | undefined>>
}

/** How far back the charts go. */
export const historyMs: number = 15 * 60 * 1000

/** The samples of the last 15 minutes, oldest first, in bounded memory. */
export class History {
  readonly #samples: Sample[] = []
  readonly #max: number

  constructor(everyMs: number) {
    this.#max = Math.ceil(historyMs / everyMs) + 1
  }

  add(sample: Sample): void {
    // A clock that was set back removes the samples of its future
    while (this.#samples.length > 0 && this.#samples.at(-1)!.atMs >= sample.atMs) this.#samples.pop()
    this.#samples.push(sample)
    if (this.#samples.length > this.#max) this.#samples.shift()
  }

  samples(): readonly Sample[] {
    const newest = this.#samples.at(-1)
    return newest ? this.#samples.filter(({ atMs }) => atMs > newest.atMs - historyMs) : []
  }
}

/** The figure that a chart draws. */
export interface ChartOptions {
  readonly samples: readonly Sample[]
  /** Name of the figure. */
  readonly name: string
  /** Name of the line: `Health score`. */
  readonly title: string
  readonly format: (value: number) => string
  /** The scale reaches at least up to this value. */
  readonly top: number
}

const width = 300
const height = 48
/** A longer pause breaks the line, because nothing was measured in it. */
const maxGapMs = 60_000

/** The last 15 minutes as a small line, with its lowest and highest value in words. */
export function chart({ samples, name, title, format, top }: ChartOptions): Markup {
  const values = samples.map((sample) => sample.values[name]).filter((value) => value !== undefined)
  if (values.length === 0)
    return markup`<div class="chart"><svg viewBox="0 0 ${width} ${height}" aria-hidden="true" preserveAspectRatio="none">${frame}</svg><p class="range">15 min: nothing measured</p></div>`
  const low = Math.min(...values)
  const high = Math.max(...values)
  const { line, area } = paths(samples, name, Math.max(top, high))
  const [lowest, highest] = [format(low), format(high)]
  const words = lowest === highest ? `steady at ${lowest}` : `${lowest} to ${highest}`
  return markup`<div class="chart"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} over the last 15 minutes: ${words}" preserveAspectRatio="none">${frame}<path class="area" d="${area}"/><path class="line" d="${line}"/></svg><p class="range" aria-hidden="true">15 min: ${words}</p></div>`
}

const frame = markup`<path class="grid" d="M0 .5H${width}M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}M100 0V${height}M200 0V${height}"/>`

function paths(samples: readonly Sample[], name: string, scale: number): { line: string; area: string } {
  const start = samples.at(-1)!.atMs - historyMs
  const x = (atMs: number): string => (((atMs - start) / historyMs) * width).toFixed(1)
  const y = (value: number): string => (height - 2 - (value / scale) * (height - 4)).toFixed(1)
  let line = ''
  let area = ''
  for (const segment of segments(samples, name)) {
    const path = segment.map(({ atMs, value }) => `${x(atMs)} ${y(value)}`).join('L')
    // A single value is a dot: the ends of the line are round
    line += `M${path}${segment.length === 1 ? 'h.1' : ''}`
    area += `M${x(segment[0]!.atMs)} ${height}L${path}L${x(segment.at(-1)!.atMs)} ${height}Z`
  }
  return { line, area }
}

type Point = { readonly atMs: number; readonly value: number }

function segments(samples: readonly Sample[], name: string): Point[][] {
  const found: Point[][] = []
  let previous: Point | undefined
  for (const { atMs, values } of samples) {
    const value = values[name]
    const point = value === undefined ? undefined : { atMs, value }
    if (point) {
      if (previous && point.atMs - previous.atMs <= maxGapMs) found.at(-1)!.push(point)
      else found.push([point])
    }
    previous = point
  }
  return found
}
