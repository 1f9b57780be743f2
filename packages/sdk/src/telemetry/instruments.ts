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

import { observeExperiments, sumsOf, type ExperimentSums } from '../experiment/experiment-sums.ts'
import type { VariantChoice } from '../experiment/variant-choice.ts'
import { monitor } from '../monitor/monitor.ts'
import { attribute, budgetLabels, type Outcome, metric, schemaUrl, scopeName, type Metric } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { observeProviders, type ProviderGauge } from '../provider/known-providers.ts'
import { dailyLimits } from '../run/daily-budget.ts'
import { objectives } from './configured-quality.ts'
import { countTripsOn, guarded, trip } from './guard.ts'
import { version } from './guarded-span.ts'
import { oldMetric, type OldMetricKey } from './old-names.ts'
import { observeProgress, type ProgressGauges } from './progress-gauges.ts'

/** The instruments that record values directly; gauges are read by callbacks. */
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
  readonly mcpClientOperationDuration: Histogram
  readonly mcpServerOperationDuration: Histogram
  readonly guardTrips: Counter
  readonly invokeAgentToolCalls: Histogram
  readonly invokeAgentInferenceCalls: Histogram
  readonly modelCalls: Counter
  readonly modelRequests: Counter
  readonly inferenceDuration: Histogram
  readonly inferenceTimeToFirstChunk: Histogram
  readonly inferenceTimePerOutputChunk: Histogram
  readonly inferenceInputTokens: Counter
  readonly inferenceOutputTokens: Counter
  readonly inferenceCacheReadInputTokens: Counter
  readonly inferenceCacheWriteInputTokens: Counter
  readonly inferenceReasoningOutputTokens: Counter
  readonly priceUnknown: Counter
  readonly usageMissing: Counter
  readonly evaluationScore: Histogram
  readonly toolReused: Counter
  readonly toolUncertain: Counter
  readonly budgetExceeded: Counter
  readonly providerRequests: Counter
  readonly providerRetriesAvoided: Counter
  readonly wastedCost: Counter
  readonly recoveries: Counter
  readonly excessContext: Counter
  /** Those of the conventions of version 1.41. */
  readonly old: Readonly<Record<OldMetricKey, Histogram>>
}

/** Label sets of the root executions of all agents. */
export const rootSeries: Readonly<Record<Outcome, Attributes>> = byOutcome({})

/** The label sets of an agent and a variant, created once so that recording allocates nothing. */
export interface AgentSeries {
  /** The name on metrics: the agent's own, or `__other__` after the first 100 names. */
  readonly agentName: string
  readonly variant: string | undefined
  /** How the variant was chosen, if by an experiment or a flag. */
  readonly choice: VariantChoice | undefined
  /** Sums for the comparison of the variant with others; undefined without a variant, and beyond a limit. */
  readonly sums: ExperimentSums | undefined
  readonly agent: Attributes
  readonly genAi: Attributes
  readonly run: Readonly<Record<Outcome, Attributes>>
  readonly attempt: Readonly<Record<Outcome, Attributes>>
  /** Whether a tool call of the agent was ever seen: before, 0 tool calls may only mean that its tools are not observed. */
  hasTools: boolean
}

/** Every label set of agents so far, by its key. */
const knownSeries = processWide('series/3', () => new Map<string, AgentSeries>())

/** Operation of a run, in the conventions. */
export type RunOperation = 'invoke_agent' | 'invoke_workflow'

/**
 * Returns the label sets for a bounded name, a bounded variant and the choice of a bounded experiment. The first time, its three outcomes
 * are recorded with 0.
 */
export function seriesOf(
  agentName: string,
  variant: string | undefined,
  operation: RunOperation = 'invoke_agent',
  choice?: VariantChoice,
): AgentSeries {
  // As JSON, because a name may contain any separator
  const key = JSON.stringify([agentName, variant, operation, choice?.experiment, choice?.group])
  const known = knownSeries.get(key)
  if (known) return known
  const agent = { [attribute.agentName]: agentName }
  const run = variant === undefined ? agent : { ...agent, [attribute.variant]: variant }
  const series: AgentSeries = {
    agentName,
    variant,
    choice,
    sums: variant === undefined ? undefined : sumsOf(agentName, variant, choice),
    agent,
    genAi: { [attribute.genAiAgentName]: agentName, [attribute.operation]: operation },
    run: byOutcome(run),
    attempt: byOutcome(agent),
    hasTools: false,
  }
  knownSeries.set(key, series)
  writeZeros(series)
  return series
}

function byOutcome(base: Attributes): Record<Outcome, Attributes> {
  return {
    success: { ...base, [attribute.outcome]: 'success' },
    failure: { ...base, [attribute.outcome]: 'failure' },
    cancelled: { ...base, [attribute.outcome]: 'cancelled' },
  }
}

/** Returns the variant's part of a label set. */
export function variantOf(series: AgentSeries): Attributes {
  return series.variant === undefined ? {} : { [attribute.variant]: series.variant }
}

/** Created again when another MeterProvider is registered. */
const registered = processWide('instruments/2', () => ({
  current: undefined as { readonly provider: MeterProvider; readonly instruments: Instruments } | undefined,
}))

const silent = { add(): void {}, record(): void {} }

/**
 * Returns the instruments of the registered MeterProvider. An instrument that was created before a provider was registered would never
 * record anything, so the instruments are created again when the provider changes.
 */
export function instruments(): Instruments {
  try {
    const provider = metrics.getMeterProvider()
    const { current } = registered
    if (current?.provider === provider) return current.instruments
    const failed: unknown[] = []
    const made = create(
      guarded('metric', () => provider.getMeter(scopeName, version, { schemaUrl })),
      failed,
    )
    registered.current = { provider, instruments: made }
    // Counting needs the instruments that were just created
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

// Lists the provider that each copy of this package sees. Through another copy of the API it may see none, which
// @swarmwatch/node reports
const viewsSlot = Symbol.for('@swarmwatch/sdk.meterProviders')
const globals = globalThis as { [viewsSlot]?: Set<() => unknown> }
;(globals[viewsSlot] ??= new Set()).add(() => metrics.getMeterProvider())

/** Records an agent's outcomes with 0, so that the first failure is an increase for `rate()`. */
function writeZeros(series: AgentSeries): void {
  const { executions, swarmExecutions, activeExecutions, modelCalls } = instruments()
  for (const attributes of Object.values(series.run)) add(executions, 0, attributes)
  for (const attributes of Object.values(rootSeries)) add(swarmExecutions, 0, attributes)
  add(activeExecutions, 0, series.agent)
  add(modelCalls, 0, series.agent)
}

/** Adds to a counter; never throws. */
export function add(counter: Counter | UpDownCounter, value: number, attributes: Parameters<Counter['add']>[1]): void {
  try {
    counter.add(value, attributes)
  } catch (error) {
    trip('metric', error)
  }
}

/** Records a value; never throws. */
export function record(histogram: Histogram, value: number, attributes: Parameters<Histogram['record']>[1]): void {
  try {
    histogram.record(value, attributes)
  } catch (error) {
    trip('metric', error)
  }
}

/** Creates every instrument. One that cannot be created records nothing, and its error is added to `failed`. */
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
    mcpClientOperationDuration: histogram(metric.mcpClientOperationDuration),
    mcpServerOperationDuration: histogram(metric.mcpServerOperationDuration),
    guardTrips: counter(metric.guardTrips),
    invokeAgentToolCalls: histogram(metric.invokeAgentToolCalls),
    invokeAgentInferenceCalls: histogram(metric.invokeAgentInferenceCalls),
    modelCalls: counter(metric.modelCalls),
    modelRequests: counter(metric.modelRequests),
    inferenceDuration: histogram(metric.inferenceDuration),
    inferenceTimeToFirstChunk: histogram(metric.inferenceTimeToFirstChunk),
    inferenceTimePerOutputChunk: histogram(metric.inferenceTimePerOutputChunk),
    inferenceInputTokens: counter(metric.inferenceInputTokens),
    inferenceOutputTokens: counter(metric.inferenceOutputTokens),
    inferenceCacheReadInputTokens: counter(metric.inferenceCacheReadInputTokens),
    inferenceCacheWriteInputTokens: counter(metric.inferenceCacheWriteInputTokens),
    inferenceReasoningOutputTokens: counter(metric.inferenceReasoningOutputTokens),
    priceUnknown: counter(metric.priceUnknown),
    usageMissing: counter(metric.usageMissing),
    evaluationScore: histogram(metric.evaluationScore),
    toolReused: counter(metric.toolReused),
    toolUncertain: counter(metric.toolUncertain),
    budgetExceeded: counter(metric.budgetExceeded),
    providerRequests: counter(metric.providerRequests),
    providerRetriesAvoided: counter(metric.providerRetriesAvoided),
    wastedCost: counter(metric.wastedCost),
    recoveries: counter(metric.recoveries),
    excessContext: counter(metric.excessContext),
    old: {
      tokenUsage: histogram(oldMetric.tokenUsage),
      operationDuration: histogram(oldMetric.operationDuration),
      timeToFirstChunk: histogram(oldMetric.timeToFirstChunk),
      timePerOutputChunk: histogram(oldMetric.timePerOutputChunk),
    },
  }
  const sums = make((from) => from.createObservableCounter(metric.experimentSums.name, options(metric.experimentSums)))
  const gauge = (of: Metric): ObservableGauge => make((from) => from.createObservableGauge(of.name, options(of)))
  const gauges = {
    successRate: gauge(metric.successRate),
    errorRate: gauge(metric.errorRate),
    healthScore: gauge(metric.healthScore),
    utilization: gauge(metric.resourceUtilization),
    dailyLimit: gauge(metric.budgetDailyLimit),
    objective: gauge(metric.evaluationObjective),
    breakerOpen: gauge(metric.providerBreakerOpen),
    quotaLimit: gauge(metric.providerQuotaLimit),
    quotaRemaining: gauge(metric.providerQuotaRemaining),
  }
  make((from) => {
    from.addBatchObservableCallback((result) => observe(result, gauges), Object.values(gauges))
    return gauges
  })
  const progress: ProgressGauges = {
    oldestActive: gauge(metric.oldestActive),
    lastProgress: gauge(metric.lastProgress),
    paused: gauge(metric.paused),
    stuckRun: gauge(metric.stuckRun),
  }
  make((from) => {
    from.addBatchObservableCallback((result) => observeProgress(result, progress, monitor.progress()), Object.values(progress))
    return progress
  })
  const weight = gauge(metric.experimentWeight)
  make((from) => {
    from.addBatchObservableCallback((result) => observeExperiments(result, sums, weight), [sums, weight])
    return weight
  })
  return made
}

type GaugeKey = 'successRate' | 'errorRate' | 'healthScore' | 'utilization' | 'dailyLimit' | 'objective' | ProviderGauge
type Gauges = Readonly<Record<GaugeKey, ObservableGauge>>

/** Reads all gauges from the monitor, the configuration and the providers during a collection. */
function observe(result: BatchObservableResult, gauges: Gauges): void {
  const { successRate, errorRate, healthScore, utilization, dailyLimit, objective } = gauges
  for (const agent of monitor.successRates())
    result.observe(successRate, agent.successRate, { [attribute.agentName]: agent.agentName })
  const health = monitor.health()
  if (health.errorRate !== undefined) result.observe(errorRate, health.errorRate)
  result.observe(healthScore, health.score)
  result.observe(utilization, health.cpu, { [attribute.resource]: 'cpu' })
  result.observe(utilization, health.memory, { [attribute.resource]: 'memory' })
  for (const { agentName, key, limit } of dailyLimits())
    result.observe(dailyLimit, limit, { [attribute.agentName]: agentName, [attribute.budget]: budgetLabels[key] })
  for (const of of objectives())
    result.observe(objective, of.objective, {
      [attribute.agentName]: of.agentName,
      [attribute.evaluationName]: of.evaluation.slice(0, 100),
    })
  observeProviders((gauge, value, labels) => result.observe(gauges[gauge], value, labels))
}
