/** One metric: its OpenTelemetry instrument and the name it has in Prometheus (translation UnderscoreEscapingWithSuffixes). */
export interface Metric {
  readonly name: string
  readonly kind: 'counter' | 'histogram' | 'gauge' | 'upDownCounter'
  /** UCUM, or an annotation in braces. Empty for plain gauges: unit `1` would add `_ratio` to the Prometheus name. */
  readonly unit: string
  readonly description: string
  readonly prometheus: string
  readonly attributes: readonly string[]
  readonly buckets?: readonly number[]
}
