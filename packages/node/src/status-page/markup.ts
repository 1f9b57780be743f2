import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

import { historyMs, type Sample } from './page-values.ts'

/** Finished HTML. */
export type Markup = HtmlEscapedString
/** What may stand in a template; texts are escaped. */
export type Insertion = string | number | Markup | readonly Markup[]

/** HTML in which every inserted text is escaped. */
export function markup(strings: TemplateStringsArray, ...insertions: readonly Insertion[]): Markup {
  // `html` answers with a promise only when it was given one
  return html(strings, ...insertions) as Markup
}

/** HTML that we have rendered before. */
export function rendered(text: string): Markup {
  return raw(text)
}

/** A whole document: what all our pages have in their head, and the given rest of it; `body` is the body element. */
export function htmlDocument({ title, head = '', body }: { title: string; head?: Insertion; body: Markup }): Markup {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">${head}
</head>
${body}
</html>
`
}

/** A column: its head, and its cell in each row. */
export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => Insertion
  /** Figures stand right. @default false */
  readonly isNumeric?: boolean
  /** Has a line of its own on a narrow screen. @default false */
  readonly isWide?: boolean
}

/** What a table shows. */
export interface DataTable<Row> {
  /** Read aloud before the table. */
  readonly caption: string
  /** The first one names the row. */
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Marks rows that need attention, and lets a reader's browser keep them apart. */
  readonly row?: (row: Row) => { readonly id?: string; readonly isNotable?: boolean }
}

/**
 * A table that turns into labelled blocks on a narrow screen. The roles are written out because browsers forget them when the layout
 * changes.
 */
export function dataTable<Row>({ caption, columns, rows, row = () => ({}) }: DataTable<Row>): Markup {
  const head = columns.map(
    ({ head: text, isNumeric }) => markup`<th role="columnheader" scope="col"${isNumeric ? numeric : ''}>${text}</th>`,
  )
  const body = rows.map((values) => {
    const { id, isNotable } = row(values)
    return markup`<tr role="row"${id === undefined ? '' : markup` id="${id}"`}${isNotable ? markup` class="notable"` : ''}>${columns.map((column, index) => cell(column, values, index === 0))}</tr>
`
  })
  return markup`<table role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">${body}</tbody></table>`
}

const numeric = markup` class="number"`
const wide = markup` class="wide"`

function cell<Row>({ head, cell: content, isNumeric, isWide }: Column<Row>, row: Row, isFirst: boolean): Markup {
  const inner = content(row)
  if (isFirst) return markup`<th role="rowheader" scope="row">${inner}</th>`
  return markup`<td role="cell" data-label="${head}"${isNumeric ? numeric : ''}${isWide ? wide : ''}>${inner}</td>`
}

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
