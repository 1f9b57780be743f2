import { type Insertion, type Markup, markup } from './markup.ts'

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
