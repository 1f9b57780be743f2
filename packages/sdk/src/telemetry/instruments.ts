import {
  type Attributes,
  metrics,
  type BatchObservableResult,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  type ObservableGauge,
  type UpDownCounter,
} from '@opentelemetry/api'

import { knownSeries, type AgentSeries } from '../agent-series.ts'
import { monitor } from '../monitor/monitor.ts'
import { attribute, metric, scopeName, type Metric, type Outcome } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { version } from '../version.ts'
import { countTripsOn, guarded, trip } from './guard.ts'

/** The instruments that we write to; gauges are read by callbacks. */
export interface Instruments {
  readonly executions: Counter
  readonly executionDuration: Histogram
  readonly swarmExecutions: Counter
  readonly swarmExecutionDuration: Histogram
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

/** Label sets of the root executions of all agents. */
export const rootSeries: Readonly<Record<Outcome, Attributes>> = {
  success: { [attribute.outcome]: 'success' },
  failure: { [attribute.outcome]: 'failure' },
  cancelled: { [attribute.outcome]: 'cancelled' },
}

/** Created again when another MeterProvider is registered. */
const registered = processWide('instruments/1', () => ({
  current: undefined as { readonly provider: MeterProvider; readonly instruments: Instruments } | undefined,
}))

const silent = { add(): void {}, record(): void {} }

/**
 * The instruments of the MeterProvider that is registered now. An instrument made before registration would stay silent for ever,
 * so they are made anew when the provider changes.
 */
export function instruments(): Instruments {
  try {
    const provider = metrics.getMeterProvider()
    const { current } = registered
    if (current?.provider === provider) return current.instruments
    const failed: unknown[] = []
    const made = create(
      guarded('metric', () => provider.getMeter(scopeName, version)),
      failed,
    )
    registered.current = { provider, instruments: made }
    // Only now there is something to count them with
    for (const error of failed) trip('metric', error)
    for (const series of knownSeries.values()) writeZeros(series)
    for (const { agentName, active } of monitor.activeByAgent())
      add(made.activeExecutions, active, { [attribute.agentName]: agentName })
    return made
  } catch (error) {
    trip('metric', error)
    return registered.current?.instruments ?? create(undefined, [])
  }
}

countTripsOn(() => instruments().guardTrips)

// How each copy of this package sees the registered provider: through another copy of the API it may see none, which
// @swarmwatch/node reports
const viewsSlot = Symbol.for('@swarmwatch/sdk.meterProviders')
const globals = globalThis as { [viewsSlot]?: Set<() => unknown> }
;(globals[viewsSlot] ??= new Set()).add(() => metrics.getMeterProvider())

/** Shows an agent's outcomes with 0, so that the first failure is an increase that `rate()` can see. */
export function writeZeros(series: AgentSeries): void {
  const { executions, swarmExecutions, activeExecutions } = instruments()
  for (const attributes of Object.values(series.run)) add(executions, 0, attributes)
  for (const attributes of Object.values(rootSeries)) add(swarmExecutions, 0, attributes)
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
      const made = meter ? build(meter) : silent
      if (!made) throw new TypeError('the meter made nothing')
      return made as T
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
    swarmExecutions: counter(metric.swarmExecutions),
    swarmExecutionDuration: histogram(metric.swarmExecutionDuration),
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
  const gauge = (of: Metric): ObservableGauge => make((from) => from.createObservableGauge(of.name, options(of)))
  const gauges = {
    successRate: gauge(metric.successRate),
    errorRate: gauge(metric.errorRate),
    healthScore: gauge(metric.healthScore),
    utilization: gauge(metric.resourceUtilization),
  }
  make((from) => {
    from.addBatchObservableCallback((result) => observe(result, gauges), Object.values(gauges))
    return gauges
  })
  return made
}

type Gauges = Readonly<Record<'successRate' | 'errorRate' | 'healthScore' | 'utilization', ObservableGauge>>

/** Reads all gauges from the monitor at once, when somebody collects. */
function observe(result: BatchObservableResult, { successRate, errorRate, healthScore, utilization }: Gauges): void {
  for (const agent of monitor.successRates())
    result.observe(successRate, agent.successRate, { [attribute.agentName]: agent.agentName })
  const health = monitor.health()
  if (health.errorRate !== undefined) result.observe(errorRate, health.errorRate)
  result.observe(healthScore, health.score)
  result.observe(utilization, health.cpu, { [attribute.resource]: 'cpu' })
  result.observe(utilization, health.memory, { [attribute.resource]: 'memory' })
}
