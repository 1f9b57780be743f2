import type { Limits } from './limits.ts'

/** A query of a panel. */
export interface PanelQuery {
  readonly expr: string
  /** Name of a line: `{{agent_name}}`. */
  readonly legend: string
  /** Its line is for all agents except the highest ones: grey, and without links. @default false */
  readonly isRest?: boolean
}

/**
 * A column of a table: a label, the value of a query (`Value #name`; `Value` when there is one
 * query), or its trend (`Trend #name`).
 */
export interface Column {
  readonly title: string
  /** Required for values; text has none. */
  readonly unit?: string
  readonly limits?: Limits
  /** Width in pixels. @default the space that is left, at least 150 */
  readonly width?: number
  /** How a cell looks. @default text */
  readonly cell?: 'bar' | 'sparkline'
  /** Highest value of a bar. @default the highest in the column */
  readonly max?: number
  /** Its cells link to the agent's dashboard and traces. */
  readonly isAgent?: boolean
  /** Its cells are job names, shown without the namespace. */
  readonly isJob?: boolean
  /** Its cells are addresses, shown as links. */
  readonly isAddress?: boolean
  /** Needed only for links and the order of the rows. */
  readonly isHidden?: boolean
  /** Text and color of values. */
  readonly shown?: Readonly<Record<string, { readonly text: string; readonly color: string }>>
}

interface PanelBase {
  /** The question that the panel answers, short enough for its width. */
  readonly title: string
  /** The values, their time, and how to interpret them. */
  readonly description: string
  /** Of the values; a column of a table may have its own. */
  readonly unit: string
  /** By the name of the query. */
  readonly queries: Readonly<Record<string, PanelQuery>>
  /** An alert fires beyond these limits; the rules have the same limits. @default none */
  readonly limits?: Limits
  readonly min?: number
  readonly max?: number
  /** Width, of 24. */
  readonly span: number
  /** @default 4 for a number, else 8 */
  readonly height?: number
  /** Text where there is no data. @default No data */
  readonly whenEmpty?: string
}

/** A panel: its question and its kind of answer. */
export type Panel =
  | (PanelBase & {
      readonly shows: 'number'
      /**
       * A small graph below the number shows the range. The number is the value at the end of the
       * range. @default false
       */
      readonly hasTrend?: boolean
      readonly decimals?: number
    })
  | (PanelBase & {
      readonly shows: 'graph'
      /** Each series is of one agent (label `agent_name`), and links to the agent's dashboard. */
      readonly isByAgent?: boolean
      /** Legends begin with a job name, shown without the namespace. */
      readonly isByJob?: boolean
      /** Lines are stacked, so that the graph shows their sum. */
      readonly isStacked?: boolean
      /** Colors of lines, by legend. */
      readonly colors?: Readonly<Record<string, string>>
      /**
       * The axis reaches at least this value, so that a line at zero is at the bottom. @default 1,
       * for shares 0.1
       */
      readonly leastTop?: number
      /** Beginning of legends that is not shown, such as the path of a file. */
      readonly withoutPrefix?: string
    })
  | (PanelBase & { readonly shows: 'heatmap'; readonly axisUnit: string })
  | (PanelBase & {
      readonly shows: 'timeline'
      /** Text and color of each value. */
      readonly states: Readonly<Record<string, { readonly text: string; readonly color: string }>>
    })
  | (PanelBase & {
      readonly shows: 'table'
      /** By field, in their order; other fields are not shown. */
      readonly columns: Readonly<Record<string, Column>>
      /** Titles of the columns by which the rows are sorted. */
      readonly order?: readonly { readonly by: string; readonly isDescending: boolean }[]
    })

/** Panels under a heading. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/**
 * Agents that the variables of a dashboard select: `many`, `one`, or `none` if no panel is about
 * agents.
 */
export type AgentChoice = 'many' | 'one' | 'none'

/** A dashboard: its purpose and its rows. */
export interface DashboardPlan {
  /** Part of its address and of its file name: it never changes. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Hours of its default time range; its refresh interval follows from them. */
  readonly hours: number
  readonly agents: AgentChoice
  readonly rows: readonly Row[]
}
