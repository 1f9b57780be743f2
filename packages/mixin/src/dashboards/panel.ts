import type { Limits } from './limits.ts'

/** A query of a panel. */
export interface PanelQuery {
  readonly expr: string
  /** What a line or a number is called: `{{agent_name}}`. */
  readonly legend: string
}

/** A column of a table: a label, or the value of a query (`Value #name`; `Value` when there is one query). */
export interface Column {
  readonly title: string
  /** @default the panel's */
  readonly unit?: string
  readonly limits?: Limits
  /** Its cells lead to the agent's dashboard and traces. */
  readonly isAgent?: boolean
}

interface Question {
  /** The question that the panel answers. */
  readonly title: string
  /** What is shown, over which time, and what to make of it. */
  readonly description: string
  readonly unit: string
  /** By the name of the query. */
  readonly queries: Readonly<Record<string, PanelQuery>>
  /** Beyond these an alert speaks; the rules have the same. @default none */
  readonly limits?: Limits
  readonly min?: number
  readonly max?: number
  /** Width, of 24. */
  readonly span: number
  /** @default 4 for a number, else 8 */
  readonly height?: number
  /** Said where there is no data. @default No data */
  readonly whenEmpty?: string
}

/** A panel: its question and how the answer is shown. */
export type Panel =
  | (Question & { readonly shows: 'number' })
  | (Question & {
      readonly shows: 'graph'
      /** Each series is an agent's (label `agent_name`): it leads to the agent's dashboard and traces. */
      readonly isByAgent?: boolean
      /** Lines lie on each other and their sum counts. */
      readonly isStacked?: boolean
    })
  | (Question & { readonly shows: 'heatmap' })
  | (Question & {
      readonly shows: 'table'
      /** By field, in their order; others are not shown. */
      readonly columns: Readonly<Record<string, Column>>
    })

/** Whether it has links to the dashboard and the traces of an agent. */
export function isByAgent(panel: Panel): boolean {
  if (panel.shows === 'table') return Object.values(panel.columns).some(({ isAgent }) => isAgent === true)
  return panel.shows === 'graph' && panel.isByAgent === true
}

/** Panels under a heading. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/** A dashboard: what it is for and what it shows. */
export interface DashboardPlan {
  /** Part of its address, and of its file's name: it never changes. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** The range that it opens with. */
  readonly from: string
  readonly rows: readonly Row[]
}
