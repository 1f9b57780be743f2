import { context, metrics, type Attributes } from '@opentelemetry/api'
import type { MetricReader } from '@opentelemetry/sdk-metrics'

import { getActiveExecutions, InvalidOptionsError, onExecution, type ExecutionRecord, type OptionProblem } from '@swarmwatch/sdk'
import { systemClock, useClock, type Clock } from '@swarmwatch/sdk/clock'

import { findExecution, type ExpectedExecution } from './expect-execution.ts'
import {
  openTelemetrySdk,
  registerTracers,
  unregisterTracers,
  type OpenTelemetrySdk,
  type TelemetryParts,
} from './open-telemetry-sdk.ts'
import { recordedExecution, type RecordedExecution, type RecordedSpan } from './recorded-execution.ts'
import { collectMetrics, hasLabels, isOfAgent, type RecordedMetric, type RecordedPoint } from './recorded-metrics.ts'

/** Options of {@link startTestTelemetry}. Parts of the SDK are added to those that keep everything in memory. */
export interface TestTelemetryOptions extends TelemetryParts {
  /**
   * Skips the waits between attempts but records them: a run with waits of 5, 15 and 30 s lasts milliseconds and records 50 s. Use
   * `false` in tests that move the clock themselves. @default true
   */
  readonly skipWaits?: boolean | undefined
}

/** Everything that the agents of this process record, in memory. */
export interface TestTelemetry extends AsyncDisposable {
  /** Returns the finished runs in the order in which they finished; with `agentName`, only those of this agent. */
  executions(agentName?: string): RecordedExecution[]
  /**
   * Returns the first finished run of this agent that matches `expected`. Otherwise throws an AssertionError that shows the differences.
   *
   * @example
   * telemetry.expectExecution('summarizer', { outcome: 'success', retryOutcome: 'recovered', attempts: 2, waits: [5], tools: ['read_page'] })
   */
  expectExecution(agentName: string, expected?: ExpectedExecution): RecordedExecution
  /** Returns the ended spans in the order in which they ended; with `name`, only those with this name. */
  spans(name?: string): RecordedSpan[]
  /** Collects all metrics, also those that other libraries record. */
  metrics(): Promise<RecordedMetric[]>
  /** Returns the data points of one metric, or of all; with `agentName`, only those of this agent. */
  points(metricName?: string, agentName?: string): Promise<RecordedPoint[]>
  /**
   * Returns the sum of a metric over the points with these labels (for a histogram, the number of recorded values), or 0 if there are none.
   *
   * @example
   * await telemetry.sum('agent.retries', { 'agent.name': 'summarizer', 'error.type': '503' })
   */
  sum(metricName: string, labels?: Attributes): Promise<number>
  /**
   * Deletes everything recorded so far. Instruments that your code created before record nothing afterwards: create them again. Throws
   * if there are `metricReaders`, because a reader belongs permanently to one provider.
   */
  reset(): void
  /** Unregisters everything and stops skipping waits. Recorded runs and spans can still be read; metrics cannot. */
  shutdown(): Promise<void>
}

/**
 * Registers an OpenTelemetry SDK that keeps spans and metrics in memory, in place of the registered one, so that a test can check what
 * its agents did. A process has one at a time: a second call rejects until the first one is shut down. It needs
 * `@opentelemetry/sdk-trace`, `@opentelemetry/sdk-metrics` and `@opentelemetry/context-async-hooks`, 2.9 or newer; if one of them is
 * missing, it rejects with an error that lists them.
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
  // Another call may have finished in the meantime
  refuseSecond()
  return new InMemory(sdk, options)
}

/** The running test telemetry of this process, also if the process loads this package twice. */
const slot = Symbol.for('@swarmwatch/testing/running')
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
  readonly #stopSkipping: () => void
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
    this.#stopSkipping = skipWaits ? useClock(skippingClock) : () => {}
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
        'reset() cannot be used with metricReaders: a reader belongs permanently to one provider; start a new test telemetry instead',
      )
    }
    this.#spans.length = 0
    this.#finished.length = 0
    // Sums never shrink, so they need a new provider to start from 0
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
    this.#stopSkipping()
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

/** Returns a span processor that keeps the sampled spans. */
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

type Rule = readonly [rule: string, isKept: (value: unknown) => boolean]
const list: Rule = ['must be an array', Array.isArray]

const rules: Readonly<Record<keyof TestTelemetryOptions, Rule>> = {
  spanProcessors: list,
  sampler: ['must be a sampler', (value) => typeof value === 'object' && value !== null],
  metricReaders: list,
  views: list,
  skipWaits: ['must be true or false', (value) => typeof value === 'boolean'],
}

/** Throws an {@link InvalidOptionsError} that names every unknown and every invalid option. */
function checkTestOptions(options: TestTelemetryOptions): void {
  const problems = Object.entries(options).flatMap(([option, value]): OptionProblem[] => {
    if (!Object.hasOwn(rules, option)) {
      return [{ option, rule: `is not an option; the options are ${Object.keys(rules).join(', ')}`, value }]
    }
    const [rule, isKept] = rules[option as keyof TestTelemetryOptions]
    return value === undefined || isKept(value) ? [] : [{ option, rule, value }]
  })
  if (problems.length > 0) throw new InvalidOptionsError('startTestTelemetry', problems)
}

/**
 * Returns a clock for one run that skips the waits between attempts: its time jumps ahead by as much, so that the wait is recorded. Time
 * limits of attempts run as usual.
 */
function skippingClock(): Clock {
  let skippedMs = 0
  return {
    ...systemClock,
    now: () => systemClock.now() + skippedMs,
    wallClock: () => systemClock.wallClock() + skippedMs,
    async wait(ms, signal) {
      signal?.throwIfAborted()
      skippedMs += ms
    },
  }
}
