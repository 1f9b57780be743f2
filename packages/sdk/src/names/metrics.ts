import { type CallMetricKey, callMetrics } from './call-metrics.ts'
import type { Metric } from './metric.ts'
import { type OptionMetricKey, optionMetrics } from './option-metrics.ts'
import { type RunMetricKey, runMetrics } from './run-metrics.ts'
import { type TroubleMetricKey, troubleMetrics } from './trouble-metrics.ts'

/** Keys of the metrics in code. */
export type MetricKey = RunMetricKey | CallMetricKey | OptionMetricKey | TroubleMetricKey

/** Every metric of this package. */
export const metric: Readonly<Record<MetricKey, Metric>> = {
  ...runMetrics,
  ...callMetrics,
  ...optionMetrics,
  ...troubleMetrics,
}
