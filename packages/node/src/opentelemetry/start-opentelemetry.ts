import { context, diag, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { Resource } from '@opentelemetry/resources'
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'
import { NoopSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

import type { Say } from '../logger.ts'
import type { ScrapeReader } from '../metrics/scrape-reader.ts'
import type { Settings } from '../read-settings.ts'
import type { TelemetryOptions } from '../telemetry-options.ts'
import { within } from '../within.ts'
import { collectorHealth } from './collector-health.ts'
import { diagLevel, diagLines } from './diag-lines.ts'
import { propagatorFrom, tracerSettings } from './environment-settings.ts'
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
  /** Exports what is left by OTLP and blocks until it is answered, at most 2 seconds. Never throws. */
  flushNow(): void
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
  const { exportIntervalMs, exportTimeoutMs } = settings
  const pipeline = exportPipeline(settings.otlp, { env, exportIntervalMs, exportTimeoutMs, health })
  const spanProcessors: SpanProcessor[] = taken.tracerProvider
    ? []
    : [...pipeline.spanProcessors, ...(options.spanProcessors ?? [])]
  const metricReaders: IMetricReader[] = taken.meterProvider
    ? []
    : [scrape, ...pipeline.metricReaders, ...(options.metricReaders ?? [])]
  if (!taken.diagLogger) {
    const secrets = Object.values(settings.otlp.targets).flatMap((target) => Object.values(target.headers))
    diag.setLogger(diagLines(say, { secrets }), { logLevel: diagLevel(env['OTEL_LOG_LEVEL']), suppressOverrideMessage: true })
  }
  let instruments: readonly { disable(): void }[] = []
  const release = (): void => {
    for (const exporter of pipeline.exporters) exporter.cut()
    for (const instrumentation of instruments) instrumentation.disable()
    giveBack(taken)
  }
  try {
    if (!taken.contextManager) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const propagator = propagatorFrom(env)
    if (!taken.propagator && propagator !== undefined) propagation.setGlobalPropagator(propagator)
    if (!taken.meterProvider) metrics.setGlobalMeterProvider(new MeterProvider({ resource, views, readers: metricReaders }))
    if (!taken.tracerProvider)
      trace.setGlobalTracerProvider(
        new TracerProvider({
          resource,
          ...tracerSettings(env),
          // spans that go nowhere still give outgoing requests their trace context
          spanProcessors: spanProcessors.length > 0 ? spanProcessors : [new NoopSpanProcessor()],
        }),
      )
    // last: they take the providers that are registered now
    instruments = instrumentations(taken, options.capturesUrlPaths ?? false)
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
    flushNow: () => pipeline.sendNow(),
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
