import type { ChartUnit, RunChoice, Severity } from '@swarmwatch/config'

/** A query whose result Prometheus stores as a new series: `level:what:how`. */
export interface Recording {
  readonly record: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
}

/** Subject of an alert: Alertmanager routes by it. */
export type Category = 'agent' | 'swarm' | 'pipeline' | 'bridge' | 'watchdog'

/** `none` is for the Watchdog: no one is notified while it arrives. */
export type RuleSeverity = Severity | 'none'

/** An alert: its condition and its texts. */
export interface Alert {
  readonly alert: string
  readonly category: Category
  readonly severity: RuleSeverity
  readonly expr: string
  /** The expression must have been true this long. */
  readonly forSeconds: number
  /**
   * It keeps firing this long after the expression was last true, so that it does not flap.
   * @default 0
   */
  readonly keepFiringForSeconds?: number
  /**
   * The problem, its place and its size, in one line. Go template; `$value` and `$labels` are those
   * of the expression.
   */
  readonly summary: string
  /** Details in one or two sentences; the start time is added. Go template. */
  readonly description: string
  /**
   * Labels of the expression that identify an alert of this name; the start time and the links need
   * them.
   */
  readonly identity: readonly string[]
  /** Further labels, in addition to severity and category; Go templates. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** The runs of its agent that explain it. @default 'failed' */
  readonly runs?: RunChoice
  /** The metric that explains it, which messages show as a chart. @default none */
  readonly chart?: AlertChart
  /** The dashboard that the alert links to. */
  readonly dashboard: 'swarm-overview' | 'agent-detail' | 'cost-and-capacity' | 'pipeline'
}

/** The chart of an alert: see `chartAnnotations` of `@swarmwatch/config`. */
export interface AlertChart {
  /** The metric in words; the name of the agent follows. */
  readonly title: string
  readonly unit: ChartUnit
  /** The metric of one alert, with matchers for the labels of its identity. */
  readonly query: (matchers: string) => string
  /** The number with which the expression compares the metric. @default none */
  readonly limit?: number
}

/**
 * `keepFiringForSeconds` of an alert that mutes others. Muted alerts look back five minutes: if the
 * alert that mutes them ended before them, they would report a broken agent again after it has
 * recovered.
 */
export const keepMutingSeconds = 300

/**
 * Rules that Prometheus evaluates in order, so that a rule can use the results of the rules before
 * it.
 */
export interface RuleGroup {
  readonly name: string
  /** @default 30 */
  readonly intervalSeconds?: number
  readonly rules: readonly (Recording | Alert)[]
}

export function isAlert(rule: Recording | Alert): rule is Alert {
  return 'alert' in rule
}
