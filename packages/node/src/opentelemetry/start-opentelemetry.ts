import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { Resource } from '@opentelemetry/resources'
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'
import { NoopSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Environment } from '@swarmwatch/config'
import { exportStuckRuns } from '@swarmwatch/sdk/instrumentation'

import type { Warn } from '../logger.ts'
import type { ScrapeReader } from '../metrics-endpoint.ts'
import type { ProcessSettings } from '../read-settings.ts'
import type { TelemetryOptions } from '../telemetry-options.ts'
import { propagatorFrom, tracerSettings } from './environment-settings.ts'
import { exportPipeline } from './export-pipeline.ts'
import type { FrameworkObserver } from './framework-observer.ts'
import { instrumentations, viewsFor } from './instrumentations.ts'
import type { LogExport } from './log-export.ts'
import { collectorHealth, diagLevel, diagLines } from './log-lines.ts'
import { isSeenBySdk, registeredApiVersion, type RegisteredGlobals, registeredGlobals } from './registered-globals.ts'

/** The OpenTelemetry SDK of this process. */
export interface OpenTelemetry {
  /** False when another set-up takes the metrics. */
  readonly ownsMetrics: boolean
  readonly ownsTraces: boolean
  /**
   * Whether the agents of this process are recorded with these providers; false where they use
   * another copy of the API.
   */
  isSeenByAgents(): boolean
  flush(timeoutMs?: number): Promise<void>
  /** Exports the rest by OTLP and blocks until it is answered, at most 2 seconds. Never throws. */
  flushNow(): void
  /** Exports the rest and unregisters everything. */
  shutdown(): Promise<void>
}

/** Leaves half a second of the promised five to everything else. */
const deadlineMs = 4_500

/** Parts that are loaded only where they are used. */
export interface OptionalParts {
  /** Starts the sources of model and tool calls. */
  readonly observeFrameworks: () => FrameworkObserver
  /** Absent unless log records are exported. */
  readonly logExport: LogExport | undefined
}

/** Registers the providers of spans, metrics and logs, each only if the process has none yet. */
export function startOpenTelemetry(
  settings: ProcessSettings,
  resource: Resource,
  scrape: ScrapeReader,
  { observeFrameworks, logExport }: OptionalParts,
  options: TelemetryOptions,
  env: Environment,
  warn: Warn,
): OpenTelemetry {
  const taken = registeredGlobals()
  const health = collectorHealth(warn)
  const { exportIntervalMs, exportTimeoutMs } = settings
  const pipeline = exportPipeline(settings.otlp, { env, exportIntervalMs, exportTimeoutMs, health, logExport })
  const spanProcessors: SpanProcessor[] = taken.tracerProvider
    ? []
    : [...pipeline.spanProcessors, ...(options.spanProcessors ?? [])]
  const metricReaders: IMetricReader[] = taken.meterProvider
    ? []
    : [scrape, ...pipeline.metricReaders, ...(options.metricReaders ?? [])]
  const logProcessors = taken.loggerProvider ? [] : pipeline.logProcessors
  if (!taken.diagLogger) {
    const secrets = Object.values(settings.otlp.targets).flatMap((target) => Object.values(target.headers))
    diag.setLogger(diagLines(warn, { secrets }), { logLevel: diagLevel(env['OTEL_LOG_LEVEL']), suppressOverrideMessage: true })
  }
  let instruments: readonly { disable(): void }[] = []
  let isRegistered = true
  const release = (): void => {
    for (const exporter of pipeline.exporters) exporter.cut()
    for (const instrumentation of instruments) instrumentation.disable()
    unregister(taken)
  }
  try {
    if (!taken.contextManager) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const propagator = propagatorFrom(env)
    if (!taken.propagator && propagator !== undefined) propagation.setGlobalPropagator(propagator)
    // A reader of the application may keep what is no longer observed
    exportStuckRuns(!taken.meterProvider && (options.metricReaders ?? []).length === 0)
    if (!taken.meterProvider)
      isRegistered &&= metrics.setGlobalMeterProvider(
        new MeterProvider({
          resource,
          views: viewsFor(settings.configuration.telemetry.frameworks),
          readers: metricReaders,
        }),
      )
    if (!taken.tracerProvider)
      isRegistered &&= trace.setGlobalTracerProvider(
        new TracerProvider({
          resource,
          ...tracerSettings(env),
          // Spans without an exporter still provide the trace context of outgoing requests
          spanProcessors: spanProcessors.length > 0 ? spanProcessors : [new NoopSpanProcessor()],
        }),
      )
    if (logExport && logProcessors.length > 0)
      logs.setGlobalLoggerProvider(new logExport.LoggerProvider({ resource, processors: [...logProcessors] }))
    // Last, because they use the providers that are registered now
    instruments = instrumentations(taken, options.capturesUrlPaths ?? false, observeFrameworks)
  } catch (error) {
    // For example a reader that belongs to another provider
    release()
    throw error
  }
  const isSeenByAgents = (): boolean => isRegistered && isSeenBySdk()
  if (taken.unseenVersion !== undefined || !isRegistered) warn(twoVersions(taken.unseenVersion ?? registeredApiVersion()))
  else warnOfOtherSetUp(taken, warn)

  const all = [...spanProcessors, ...metricReaders, ...logProcessors]
  return {
    ownsMetrics: !taken.meterProvider && isRegistered,
    ownsTraces: !taken.tracerProvider && isRegistered,
    isSeenByAgents,
    flush: (timeoutMs = deadlineMs) =>
      within(
        Math.min(timeoutMs, deadlineMs),
        // The exporters too: a processor does not wait for exports of an earlier flush
        [...all, ...pipeline.exporters].map(async (each) => each.forceFlush()),
      ),
    flushNow: () => pipeline.sendNow(),
    async shutdown() {
      for (const exporter of pipeline.exporters) exporter.close()
      // Not sdk.shutdown(), which gives up at the first signal that fails
      await within(
        deadlineMs,
        all.map(async (each) => each.shutdown()),
      )
      release()
    },
  }
}

function twoVersions(other: string): string {
  return (
    `@opentelemetry/api ${other} was registered before by another OpenTelemetry set-up, and @swarmwatch/node uses another version of it: ` +
    'what this package records is lost, and /metrics is not served. ' +
    "Use one version: update the application's OpenTelemetry SDK to 3 and @opentelemetry/api to 1.10, " +
    'or remove @swarmwatch/node, because that set-up records the agents too'
  )
}

/**
 * The line about agents whose copy of the API does not see the providers that are registered here.
 */
export const agentsNotRecordedLine: string =
  '@swarmwatch/sdk uses another version of @opentelemetry/api than @swarmwatch/node, so the agents are not recorded: ' +
  'install one version (`npm ls @opentelemetry/api` shows them), 1.10 for both'

function warnOfOtherSetUp({ tracerProvider, meterProvider }: RegisteredGlobals, warn: Warn): void {
  const other = 'another OpenTelemetry set-up was registered before'
  if (tracerProvider && meterProvider) warn(`${other}: spans and metrics go to it, and /metrics is not served`)
  else if (tracerProvider) warn(`${other}: spans go to it; metrics are ours`)
  else if (meterProvider) warn(`${other}: metrics go to it, and /metrics is not served; spans are ours`)
}

function unregister(taken: RegisteredGlobals): void {
  if (!taken.tracerProvider) trace.disable()
  if (!taken.meterProvider) metrics.disable()
  if (!taken.contextManager) context.disable()
  if (!taken.propagator) propagation.disable()
  if (!taken.loggerProvider) logs.disable()
  if (!taken.diagLogger) diag.disable()
}

/** Waits until all have settled, at most `ms`. Keeps the process alive until then. */
async function within(ms: number, work: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([Promise.allSettled(work), deadline])
  clearTimeout(timer)
}
