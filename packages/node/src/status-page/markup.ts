import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

/** Finished HTML. */
export type Markup = HtmlEscapedString
/** A value in a template; text is escaped. */
export type Insertion = string | number | Markup | readonly Markup[]

/** HTML in which every inserted text is escaped. */
export function markup(strings: TemplateStringsArray, ...insertions: readonly Insertion[]): Markup {
  // `html` returns a promise only when a value is a promise
  return html(strings, ...insertions) as Markup
}

/** HTML that we have rendered before. */
export function rendered(text: string): Markup {
  return raw(text)
}

/**
 * A whole document: the head that all pages share, with further elements in `head`; `body` is the
 * body element.
 */
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
  /** Aligns the cells to the right. @default false */
  readonly isNumeric?: boolean
  /** Has a line of its own on a narrow screen. @default false */
  readonly isWide?: boolean
}

/** Content of a table. */
export interface DataTable<Row> {
  /** Screen readers read it before the table. */
  readonly caption: string
  /** The first one names the row. */
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Marks rows that need attention, and identifies rows for the live update. */
  readonly row?: (row: Row) => { readonly id?: string; readonly isNotable?: boolean }
}

/**
 * A table that turns into labelled blocks on a narrow screen. The roles are explicit because
 * browsers drop them when the layout changes.
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
