import { type ContextManager, context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace'

import type { Say } from '../logger.ts'
import type { ScrapeReader } from '../metrics/scrape-reader.ts'
import type { Settings } from '../read-settings.ts'
import type { TelemetryOptions } from '../telemetry-options.ts'
import { within } from '../within.ts'
import { collectorHealth } from './collector-health.ts'
import { diagLevel, diagLines } from './diag-lines.ts'
import { exportPipeline } from './export-pipeline.ts'
import { instrumentations } from './instrumentations.ts'
import type { Environment } from './otlp-settings.ts'
import { type RegisteredGlobals, registeredGlobals } from './registered-globals.ts'
import { views } from './views.ts'

/** The OpenTelemetry SDK of this process. */
export interface OpenTelemetry {
  /** False when another set-up takes the metrics. */
  readonly ownsMetrics: boolean
  readonly ownsTraces: boolean
  flush(): Promise<void>
  /** Exports what is left and gives back what was registered. */
  shutdown(): Promise<void>
}

/** Leaves half a second of the promised five to everything else. */
const deadlineMs = 4_500

/** Registers tracer and meter provider, each only if the process has none yet. */
export function startOpenTelemetry(
  settings: Settings,
  resource: Resource,
  scrape: ScrapeReader,
  options: TelemetryOptions,
  env: Environment,
  say: Say,
): OpenTelemetry {
  const taken = registeredGlobals()
  const health = collectorHealth(say)
  const pipeline = exportPipeline(settings.otlp, { env, exportIntervalMs: settings.exportIntervalMs, health })
  const spanProcessors: SpanProcessor[] = taken.tracerProvider
    ? []
    : [...pipeline.spanProcessors, ...(options.spanProcessors ?? [])]
  const metricReaders: IMetricReader[] = taken.meterProvider
    ? []
    : [scrape, ...pipeline.metricReaders, ...(options.metricReaders ?? [])]
  const instruments = instrumentations(taken, options.capturesUrlPaths ?? false)

  const sdk = new NodeSDK({
    // detectors would win over this resource and put command lines into target_info
    autoDetectResources: false,
    resource,
    // without it NodeSDK starts an export of logs
    logRecordProcessors: [],
    // spans that go nowhere still give outgoing requests their trace context
    spanProcessors: taken.tracerProvider || spanProcessors.length > 0 ? spanProcessors : [new NoopSpanProcessor()],
    metricReaders,
    views,
    instrumentations: instruments,
    // null leaves alone what is there; the type of contextManager does not say so
    ...(taken.contextManager && { contextManager: null as unknown as ContextManager }),
    ...(taken.propagator && { textMapPropagator: null }),
  })
  // after the constructor: with OTEL_LOG_LEVEL it sets a logger that prints stacks
  if (!taken.diagLogger) {
    const secrets = Object.values(settings.otlp.targets).flatMap((target) => Object.values(target.headers))
    diag.setLogger(diagLines(say, { secrets }), { logLevel: diagLevel(env['OTEL_LOG_LEVEL']), suppressOverrideMessage: true })
  }
  const release = (): void => {
    for (const exporter of pipeline.exporters) exporter.cut()
    for (const instrumentation of instruments.flat()) instrumentation.disable()
    giveBack(taken)
  }
  try {
    sdk.start()
    // it registers a provider for logs in any case; logs are none of our business
    if (!taken.loggerProvider) logs.disable()
  } catch (error) {
    // a reader that is bound to another provider, say
    release()
    throw error
  }
  sayWhatIsTaken(taken, say)

  const all = [...spanProcessors, ...metricReaders]
  return {
    ownsMetrics: !taken.meterProvider,
    ownsTraces: !taken.tracerProvider,
    flush: () =>
      within(
        deadlineMs,
        all.map(async (each) => each.forceFlush()),
      ),
    async shutdown() {
      for (const exporter of pipeline.exporters) exporter.close()
      // not sdk.shutdown(): it gives up at the first signal that fails
      await within(
        deadlineMs,
        all.map(async (each) => each.shutdown()),
      )
      release()
    },
  }
}

function sayWhatIsTaken({ tracerProvider, meterProvider }: RegisteredGlobals, say: Say): void {
  const other = 'another OpenTelemetry set-up was registered before'
  if (tracerProvider && meterProvider) say(`${other}: spans and metrics go to it, and /metrics is not served`)
  else if (tracerProvider) say(`${other}: spans go to it; metrics are ours`)
  else if (meterProvider) say(`${other}: metrics go to it, and /metrics is not served; spans are ours`)
}

function giveBack(taken: RegisteredGlobals): void {
  if (!taken.tracerProvider) trace.disable()
  if (!taken.meterProvider) metrics.disable()
  if (!taken.contextManager) context.disable()
  if (!taken.propagator) propagation.disable()
  if (!taken.diagLogger) diag.disable()
}
