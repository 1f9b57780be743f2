import {
  metrics,
  type Counter,
  type Histogram,
  type Meter,
  type ObservableCallback,
  type UpDownCounter,
} from '@opentelemetry/api'

import type { AgentSeries } from '../agent-series.ts'
import { attribute, metric, scopeName, type Metric } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { version } from '../version.ts'
import { countTripsOn, guarded, trip } from './guard.ts'

/** The instruments that we write to; gauges are read by callbacks. */
export interface Instruments {
  readonly executions: Counter
  readonly executionDuration: Histogram
  readonly failures: Counter
  readonly activeExecutions: UpDownCounter
  readonly attemptDuration: Histogram
  readonly retries: Counter
  readonly retryWait: Histogram
  readonly tokens: Counter
  readonly cost: Counter
  readonly invokeAgentDuration: Histogram
  readonly executeToolDuration: Histogram
  readonly guardTrips: Counter
}

const silent = { add(): void {}, record(): void {} }

/**
 * The instruments of the MeterProvider that is registered now. An instrument made before registration would stay silent for ever,
 * so they are made anew when the provider changes.
 */
export function instruments(): Instruments {
  try {
    const provider = metrics.getMeterProvider()
    const { telemetry } = processWide
    if (telemetry?.provider === provider) return telemetry.instruments
    const failed: unknown[] = []
    const made = create(
      guarded('metric', () => provider.getMeter(scopeName, version)),
      failed,
    )
    processWide.telemetry = { provider, instruments: made }
    // Only now there is something to count them with
    for (const error of failed) trip('metric', error)
    for (const series of processWide.series.values()) writeZeros(series)
    for (const { series } of processWide.monitor.running()) add(made.activeExecutions, 1, series.agent)
    return made
  } catch (error) {
    trip('metric', error)
    return processWide.telemetry?.instruments ?? create(undefined, [])
  }
}

countTripsOn(() => instruments().guardTrips)

/** Shows an agent's outcomes with 0, so that the first failure is an increase that `rate()` can see. */
export function writeZeros(series: AgentSeries): void {
  const { executions, activeExecutions } = instruments()
  for (const attributes of Object.values(series.run)) add(executions, 0, attributes)
  add(activeExecutions, 0, series.agent)
}

/** `add()` that never throws. */
export function add(counter: Counter | UpDownCounter, value: number, attributes: Parameters<Counter['add']>[1]): void {
  try {
    counter.add(value, attributes)
  } catch (error) {
    trip('metric', error)
  }
}

/** `record()` that never throws. */
export function record(histogram: Histogram, value: number, attributes: Parameters<Histogram['record']>[1]): void {
  try {
    histogram.record(value, attributes)
  } catch (error) {
    trip('metric', error)
  }
}

/** Makes every instrument; one that cannot be made stays silent, and why is added to `failed`. */
function create(meter: Meter | undefined, failed: unknown[]): Instruments {
  const options = ({ unit, description, buckets }: Metric) => ({
    unit,
    description,
    ...(buckets && { advice: { explicitBucketBoundaries: [...buckets] } }),
  })
  const make = <T>(build: (meter: Meter) => T): T => {
    try {
      return (meter && build(meter)) ?? (silent as T)
    } catch (error) {
      failed.push(error)
      return silent as T
    }
  }
  const counter = (of: Metric): Counter => make((from) => from.createCounter(of.name, options(of)))
  const histogram = (of: Metric): Histogram => make((from) => from.createHistogram(of.name, options(of)))
  const active = metric.activeExecutions
  const made: Instruments = {
    executions: counter(metric.executions),
    executionDuration: histogram(metric.executionDuration),
    failures: counter(metric.failures),
    activeExecutions: make((from) => from.createUpDownCounter(active.name, options(active))),
    attemptDuration: histogram(metric.attemptDuration),
    retries: counter(metric.retries),
    retryWait: histogram(metric.retryWait),
    tokens: counter(metric.tokens),
    cost: counter(metric.cost),
    invokeAgentDuration: histogram(metric.invokeAgentDuration),
    executeToolDuration: histogram(metric.executeToolDuration),
    guardTrips: counter(metric.guardTrips),
  }
  observe((of, read) => make((from) => from.createObservableGauge(of.name, options(of)).addCallback(read)))
  return made
}

/** The gauges, read from the monitor when somebody collects. */
function observe(gauge: (of: Metric, read: ObservableCallback) => void): void {
  const { monitor } = processWide
  gauge(metric.successRate, (result) => {
    for (const { agentName, successRate } of monitor.successRates())
      result.observe(successRate, { [attribute.agentName]: agentName })
  })
  gauge(metric.errorRate, (result) => {
    const { errorRate } = monitor.health()
    if (errorRate !== undefined) result.observe(errorRate)
  })
  gauge(metric.healthScore, (result) => result.observe(monitor.health().score))
  gauge(metric.resourceUtilization, (result) => {
    const { cpu, memory } = monitor.health()
    result.observe(cpu, { [attribute.resource]: 'cpu' })
    result.observe(memory, { [attribute.resource]: 'memory' })
  })
}
