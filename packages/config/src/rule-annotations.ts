/**
 * The runs that explain an alert: those that failed, the slowest, those with retries, the most expensive, or the newest of any kind. A
 * rule names its choice in the annotation {@link runsAnnotation}.
 */
export const runChoices = ['failed', 'slow', 'retried', 'costly', 'any'] as const
/** One of {@link runChoices}. */
export type RunChoice = (typeof runChoices)[number]

/** Annotation of an alert with its {@link RunChoice}. Messages show no annotation whose name begins with two underscores. */
export const runsAnnotation = '__runs'

/** Annotation with the job of the agent, for an alert that has no label `job`. */
export const jobAnnotation = '__job'

/**
 * Annotations of an alert that describe its chart. Messages show no annotation whose name begins with two underscores.
 *
 * - `query`: PromQL of the metric that explains the alert, for the labels of this alert.
 * - `title`: the metric in words. Default: the name of the alert.
 * - `unit`: one of {@link chartUnits}. Default: a number without a unit.
 * - `limit`: the number with which the rule compares the metric. Default: no line.
 */
export const chartAnnotations = {
  query: '__chart_query',
  title: '__chart_title',
  unit: '__chart_unit',
  limit: '__chart_limit',
} as const

/** Units of a chart: a ratio is shown in percent, `seconds` in the unit that fits, and `usd` as money. */
export const chartUnits = ['number', 'ratio', 'seconds', 'usd'] as const
/** One of {@link chartUnits}. */
export type ChartUnit = (typeof chartUnits)[number]
