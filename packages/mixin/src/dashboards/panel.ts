import type { Limits } from './limits.ts'

/** A query of a panel. */
export interface PanelQuery {
  readonly expr: string
  /** Name of a line: `{{agent_name}}`. */
  readonly legend: string
  /** Its line is for all agents except the highest ones: grey, and without links. @default false */
  readonly isRest?: boolean
}

/** A column of a table: a label, the value of a query (`Value #name`; `Value` when there is one query), or its trend (`Trend #name`). */
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
  /** Its cells lead to the agent's dashboard and traces. */
  readonly isAgent?: boolean
  /** Its cells are names of jobs: shown without the namespace. */
  readonly isJob?: boolean
  /** Its cells are addresses, and lead there. */
  readonly isAddress?: boolean
  /** Only there for the links and the order of the rows. */
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
      /** A small graph below the number shows the range. The number is the value at the end of the range. @default false */
      readonly hasTrend?: boolean
      readonly decimals?: number
    })
  | (PanelBase & {
      readonly shows: 'graph'
      /** Each series is an agent's (label `agent_name`): it leads to the agent's dashboard. */
      readonly isByAgent?: boolean
      /** Legends begin with the name of a job: shown without the namespace. */
      readonly isByJob?: boolean
      /** Lines are stacked, and their sum counts. */
      readonly isStacked?: boolean
      /** Colors of lines, by legend. */
      readonly colors?: Readonly<Record<string, string>>
      /** The axis reaches at least this far, so that a line at zero lies at the bottom. @default 1, of shares 0.1 */
      readonly leastTop?: number
      /** Part of a legend that is no name, such as the path of a file. */
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
      /** By field, in their order; others are not shown. */
      readonly columns: Readonly<Record<string, Column>>
      /** Titles of the columns that order the rows. */
      readonly order?: readonly { readonly by: string; readonly isDescending: boolean }[]
    })

/** Panels under a heading. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/** Variables that choose agents on a dashboard: `many` of them, `one`, or `none` where no panel is about agents. */
export type AgentChoice = 'many' | 'one' | 'none'

/** A dashboard: what it is for and what it shows. */
export interface DashboardPlan {
  /** Part of its address, and of its file's name: it never changes. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Hours that it opens with; how often it refreshes follows from them. */
  readonly hours: number
  readonly agents: AgentChoice
  readonly rows: readonly Row[]
}
