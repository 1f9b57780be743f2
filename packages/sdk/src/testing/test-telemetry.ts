import { context, metrics, type Attributes } from '@opentelemetry/api'
import type { MetricReader } from '@opentelemetry/sdk-metrics'

import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { onExecution } from '../on-execution.ts'
import { processWide } from '../process-wide.ts'
import { getActiveExecutions } from '../system-health.ts'
import { realWorld } from '../world.ts'
import { checkTestOptions } from './check-test-options.ts'
import { findExecution, type ExpectedExecution } from './expect-execution.ts'
import { registerTracers, unregisterTracers } from './lasting-tracers.ts'
import { openTelemetrySdk, type OpenTelemetrySdk, type TelemetryParts } from './open-telemetry-sdk.ts'
import { recordedExecution, type RecordedExecution } from './recorded-execution.ts'
import { collectMetrics, hasLabels, isOfAgent, type RecordedMetric, type RecordedPoint } from './recorded-metrics.ts'
import type { RecordedSpan } from './recorded-span.ts'
import { skippingWorld } from './skipping-world.ts'

/** What {@link startTestTelemetry} can be told; parts of the SDK stand beside those that keep everything in memory. */
export interface TestTelemetryOptions extends TelemetryParts {
  /**
   * Waits between attempts take no time, and are recorded as if they had: 5, 15 and 30 s are 50 s of a run that lasts milliseconds.
   * `false` for tests that move the clock themselves. @default true
   */
  readonly skipWaits?: boolean | undefined
}

/** Everything that the agents of this process record, kept in memory. */
export interface TestTelemetry extends AsyncDisposable {
  /** Runs that have finished, in that order; of one agent, if a name is given. */
  executions(agentName?: string): RecordedExecution[]
  /**
   * The first finished run of this agent that is as `expected`. Throws an AssertionError that shows what differs.
   *
   * @example
   * telemetry.expectExecution('summarizer', { outcome: 'success', retryOutcome: 'recovered', attempts: 2, waits: [5], tools: ['read_page'] })
   */
  expectExecution(agentName: string, expected?: ExpectedExecution): RecordedExecution
  /** Spans that have ended, in that order; those of one name, if it is given. */
  spans(name?: string): RecordedSpan[]
  /** All metrics as they are now, those of others too. */
  metrics(): Promise<RecordedMetric[]>
  /** The data points of one metric, or of all; of one agent, if a name is given. */
  points(metricName?: string, agentName?: string): Promise<RecordedPoint[]>
  /**
   * The sum of a metric over the points with these labels; of a histogram, how much was recorded. 0 where there is none.
   *
   * @example
   * await telemetry.sum('agent.retries', { 'agent.name': 'summarizer', 'error.type': '503' })
   */
  sum(metricName: string, labels?: Attributes): Promise<number>
  /**
   * Forgets everything recorded so far. Instruments that others made before stay behind: make them anew. Throws if there are
   * `metricReaders`, which belong to one provider for good.
   */
  reset(): void
  /** Ends it: nothing is registered any more, waits take their time again. What was recorded can still be read, but for metrics. */
  shutdown(): Promise<void>
}

/**
 * Registers an OpenTelemetry SDK, in place of what is registered, that keeps spans and metrics in memory, so that a test can look at what
 * its agents did. A process has one at a time: while one runs, a second call rejects. It needs `@opentelemetry/sdk-trace`, `@opentelemetry/sdk-metrics` and
 * `@opentelemetry/context-async-hooks`, 2.9 or newer; where they are missing it rejects, and says so.
 *
 * @example
 * await using telemetry = await startTestTelemetry()
 * await summarize('https://example.com')
 * telemetry.expectExecution('summarizer', { outcome: 'success', attempts: 1 })
 */
export async function startTestTelemetry(options: TestTelemetryOptions = {}): Promise<TestTelemetry> {
  checkTestOptions(options)
  refuseSecond()
  const sdk = await openTelemetrySdk()
  // another call may have come meanwhile
  refuseSecond()
  return new InMemory(sdk, options)
}

/** The one whose parts are registered, also when the package was loaded twice. */
const slot = Symbol.for('@swarmwatch/sdk.testTelemetry')
const globals = globalThis as { [slot]?: TestTelemetry | undefined }

function refuseSecond(): void {
  if (globals[slot] === undefined) return
  throw new Error(
    'startTestTelemetry() was called while another test telemetry runs in this process: each would record the runs of the other. ' +
      'Call shutdown() at the end of each test (`await using` does it), and do not let tests of one process overlap',
  )
}

class InMemory implements TestTelemetry {
  readonly #sdk: OpenTelemetrySdk
  readonly #parts: TelemetryParts
  readonly #stopListening: () => void
  readonly #spans: RecordedSpan[] = []
  readonly #finished: ExecutionRecord[] = []
  readonly #tracers: ReturnType<OpenTelemetrySdk['tracerProvider']>
  #meters!: { readonly reader: MetricReader; shutdown(): Promise<void> }

  constructor(sdk: OpenTelemetrySdk, { skipWaits = true, ...parts }: TestTelemetryOptions) {
    this.#sdk = sdk
    this.#parts = parts
    globals[slot] = this
    unregister()
    context.setGlobalContextManager(sdk.contextManager())
    const spanProcessors = [...(parts.spanProcessors ?? []), keeping(this.#spans)]
    this.#tracers = sdk.tracerProvider({ ...parts, spanProcessors })
    registerTracers(this.#tracers)
    this.#startMeters()
    this.#stopListening = onExecution(({ type, execution }) => {
      if (type === 'finished') this.#finished.push(execution)
    })
    processWide.newWorld = skipWaits ? skippingWorld : () => realWorld
  }

  executions(agentName?: string): RecordedExecution[] {
    return this.#finished
      .filter((record) => agentName === undefined || record.agentName === agentName)
      .map((record) => recordedExecution(record, this.#spans))
  }

  expectExecution(agentName: string, expected: ExpectedExecution = {}): RecordedExecution {
    const running = getActiveExecutions().map((record) => record.agentName)
    return findExecution(this.executions(), agentName, expected, running)
  }

  spans(name?: string): RecordedSpan[] {
    return this.#spans.filter((span) => name === undefined || span.name === name)
  }

  metrics(): Promise<RecordedMetric[]> {
    return collectMetrics(this.#meters.reader)
  }

  async points(metricName?: string, agentName?: string): Promise<RecordedPoint[]> {
    return (await this.metrics())
      .filter(({ name }) => metricName === undefined || name === metricName)
      .flatMap(({ points }) => points)
      .filter((point) => agentName === undefined || isOfAgent(point, agentName))
  }

  async sum(metricName: string, labels: Attributes = {}): Promise<number> {
    const points = (await this.points(metricName)).filter((point) => hasLabels(point, labels))
    return points.reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.count), 0)
  }

  reset(): void {
    if (this.#parts.metricReaders?.length) {
      throw new Error(
        'reset() cannot be used with metricReaders: a reader belongs to one provider for good; start the test telemetry anew',
      )
    }
    this.#spans.length = 0
    this.#finished.length = 0
    // Sums only ever grow, so they begin anew with a provider of their own
    metrics.disable()
    this.#startMeters()
  }

  async shutdown(): Promise<void> {
    this.#end()
    await Promise.all([this.#tracers.shutdown(), this.#meters.shutdown()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  #end(): void {
    this.#stopListening()
    if (globals[slot] !== this) return
    globals[slot] = undefined
    processWide.newWorld = () => realWorld
    unregister()
  }

  #startMeters(): void {
    const reader = new (class extends this.#sdk.MetricReader {
      protected override async onForceFlush(): Promise<void> {}
      protected override async onShutdown(): Promise<void> {}
    })()
    const metricReaders = [...(this.#parts.metricReaders ?? []), reader]
    const provider = this.#sdk.meterProvider({ ...this.#parts, metricReaders })
    metrics.setGlobalMeterProvider(provider)
    this.#meters = { reader, shutdown: () => provider.shutdown() }
  }
}

/** A span processor that keeps what was sampled. */
function keeping(spans: RecordedSpan[]): object {
  return {
    onStart() {},
    onEnd(span: RecordedSpan) {
      if (span.spanContext().traceFlags & 1) spans.push(span)
    },
    async forceFlush() {},
    async shutdown() {},
  }
}

function unregister(): void {
  unregisterTracers()
  metrics.disable()
  context.disable()
}
