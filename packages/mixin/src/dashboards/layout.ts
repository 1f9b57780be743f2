import type { GridPos } from '@grafana/grafana-foundation-sdk/dashboard'

import type { Panel, Row } from './panel.ts'

/** Columns of Grafana's grid. */
const columns = 24
/** Height of a page of 1600 x 1100 pixels, in units of the grid (38 pixels each). */
const pageHeight = 28

/** A row with the positions of its panels. */
export interface PlacedRow {
  readonly row: Row
  readonly gridPos: GridPos
  /** Ends below the visible page, so that it opens only on request. */
  readonly isCollapsed: boolean
  readonly panels: readonly { readonly panel: Panel; readonly gridPos: GridPos }[]
}

/**
 * Places panels in their order, each where it fits highest and then leftmost, so that low panels
 * fill the space next to high ones.
 */
export function placed(rows: readonly Row[]): readonly PlacedRow[] {
  let y = 0
  return rows.map((row) => {
    const top = y + 1
    const bottoms = Array.from({ length: columns }, () => top)
    const panels = row.panels.map((panel) => {
      const height = heightOf(panel)
      const starts = Array.from({ length: columns - panel.span + 1 }, (_, x) => Math.max(...bottoms.slice(x, x + panel.span)))
      const highest = Math.min(...starts)
      const x = starts.indexOf(highest)
      bottoms.fill(highest + height, x, x + panel.span)
      return { panel, gridPos: { x, y: highest, w: panel.span, h: height } }
    })
    const isCollapsed = y > 0 && Math.max(...bottoms) > pageHeight
    const gridPos = { x: 0, y, w: columns, h: 1 }
    y = isCollapsed ? y + 1 : Math.max(...bottoms)
    return { row, gridPos, isCollapsed, panels }
  })
}

function heightOf({ height, shows }: Panel): number {
  return height ?? (shows === 'number' ? 4 : 8)
}
