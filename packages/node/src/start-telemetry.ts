import cluster from 'node:cluster'
import { isMainThread, setEnvironmentData, threadId } from 'node:worker_threads'

import type { Resource } from '@opentelemetry/resources'
import { type Configuration, shownValue } from '@swarmwatch/config'
import { configureBudgets, configureLoops, configureQuality, configureRecovery, onExecution } from '@swarmwatch/sdk'

import { type Warn, warnTo } from './logger.ts'
import { openMetricsServer, ScrapeReader } from './metrics-endpoint.ts'
import { frameworkObserver } from './opentelemetry/framework-observer.ts'
import { loadLogExport } from './opentelemetry/log-export.ts'
import { agentsNotRecordedLine, startOpenTelemetry } from './opentelemetry/start-opentelemetry.ts'
import { telemetryResource } from './opentelemetry/telemetry-resource.ts'
import { onProcessEnd } from './process-end.ts'
import { readSettings, type ProcessSettings } from './read-settings.ts'
import { startMonitor } from './start-monitor.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

/**
 * Result of `startTelemetry()`: the addresses to open, and the functions that flush and stop it.
 */
export interface Telemetry {
  /**
   * URL of `/metrics`, `http://127.0.0.1:9090/metrics`; absent when it is off, or its port was
   * taken.
   */
  readonly metricsUrl?: string
  /**
   * URL of the status page, `http://127.0.0.1:8080/`; absent when it is off, or its port was taken.
   */
  readonly pageUrl?: string
  /** The effective settings. */
  readonly configuration: Configuration
  /**
   * False when the OpenTelemetry SDK is disabled (OTEL_SDK_DISABLED), or when another one that was
   * registered before takes spans and metrics.
   */
  readonly isRecording: boolean
  /** Exports the remaining telemetry now; never rejects. Exports that do not finish in time continue. */
  flush(options?: FlushOptions): Promise<void>
  /**
   * Exports the remaining telemetry and stops everything within 5 seconds, even if the collector is down; never
   * rejects. A second call returns the same promise.
   */
  shutdown(): Promise<void>
}

/** Options of `flush()`. */
export interface FlushOptions {
  /**
   * Maximum wait in milliseconds. Use a short one in functions that are billed by time.
   * @default 4500
   */
  readonly timeoutMs?: number
}

/** One per process, also when the package was loaded twice. */
const slot = Symbol.for('@swarmwatch/node.telemetry')
const processWide = globalThis as { [slot]?: Promise<Telemetry> | undefined }

/**
 * Starts telemetry for this process: OTLP export when an endpoint is set, `/metrics`, the status
 * page, alert rules, runtime metrics, model and tool calls of agent frameworks, outgoing trace
 * context, recovery defaults. A second call
 * returns the handle of the first one. An OpenTelemetry set-up that was registered before keeps its
 * signals: spans, metrics or both go to it alone, and where it takes the metrics no `/metrics` is
 * served; one line reports it. Rejects with `ConfigurationError` on invalid settings: every problem
 * at once, nothing started.
 *
 * @example
 * const telemetry = await startTelemetry({ serviceName: 'billing-agents' })
 * // ... agents run ...
 * await telemetry.shutdown()
 */
export function startTelemetry(options: TelemetryOptions = {}): Promise<Telemetry> {
  return startOnce(options, { handleSignals: false })
}

/** {@link startTelemetry} with other defaults than those of a call in code. */
export function startOnce(options: TelemetryOptions, defaults: { readonly handleSignals: boolean }): Promise<Telemetry> {
  // JavaScript may pass null; all problems are reported together
  const warn = warnTo(options?.logger)
  const running = processWide[slot]
  if (running !== undefined) {
    warn('startTelemetry() was called before: the settings of the first call remain in force')
    return running
  }
  const forget = (): void => {
    if (processWide[slot] === starting) processWide[slot] = undefined
  }
  const starting = start(options, defaults, warn, forget)
  processWide[slot] = starting
  starting.catch(forget)
  return starting
}

async function start(
  options: TelemetryOptions,
  defaults: { readonly handleSignals: boolean },
  warn: Warn,
  forget: () => void,
): Promise<Telemetry> {
  const env = options?.env ?? process.env
  const settings = readSettings(options, env)
  const { configuration } = settings
  for (const notice of [...configuration.notices, ...settings.otlp.notices]) warn(notice)
  configureRecovery(configuration.recovery)
  configureBudgets(configuration.budgets)
  configureLoops(configuration.loops)
  configureQuality(configuration.quality)
  if (settings.isDisabled) {
    warn('OTEL_SDK_DISABLED is set: recovery works, but nothing is measured')
    return silent(configuration, forget)
  }

  const scrape = new ScrapeReader()
  const resource = telemetryResource(options, env, warn)
  const [observeFrameworks, logExport] = await Promise.all([
    frameworkObserver(configuration, warn),
    settings.otlp.targets.logs && loadLogExport(),
  ])
  const openTelemetry = startOpenTelemetry(settings, resource, scrape, { observeFrameworks, logExport }, options, env, warn)
  const server =
    openTelemetry.ownsMetrics && configuration.metrics.enabled
      ? await openMetricsServer(() => scrape.text(), configuration.metrics, { onPortTaken: options.onPortTaken, warn })
      : undefined

  const monitor = await startMonitor(settings, alertLabels(resource), options, warn)

  // At the first run, because the copy of the SDK that the application uses may be loaded later
  const stopChecking = openTelemetry.ownsMetrics
    ? onExecution(() => {
        stopChecking()
        if (!openTelemetry.isSeenByAgents()) warn(agentsNotRecordedLine)
      })
    : (): void => {}

  const stopWatchingWorkers = warnAboutOtherWorkers(settings, warn, options?.logger !== false)
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    stopChecking()
    stopWatchingWorkers()
    await Promise.allSettled([server?.close(), monitor.stop(), openTelemetry.shutdown()])
    // Only now, so that a signal that arrives meanwhile does not cut it short
    forgetEnd()
    forget()
  }
  const shutdown = (): Promise<void> => (stopping ??= stop())
  const forgetEnd = onProcessEnd({
    flush: () => openTelemetry.flush(),
    stop: shutdown,
    flushNow: () => openTelemetry.flushNow(),
    handleSignals: configuration.handleSignals ?? defaults.handleSignals,
  })
  return {
    ...(server && { metricsUrl: server.url }),
    ...(monitor.pageUrl !== undefined && { pageUrl: monitor.pageUrl }),
    configuration,
    get isRecording() {
      return (openTelemetry.ownsMetrics || openTelemetry.ownsTraces) && openTelemetry.isSeenByAgents()
    },
    flush({ timeoutMs } = {}) {
      if (timeoutMs === undefined || timeoutMs >= 0) return openTelemetry.flush(timeoutMs)
      warn(`flush(): timeoutMs must be a number of milliseconds, 0 or more, got ${shownValue(timeoutMs)}; the default is used`)
      return openTelemetry.flush()
    },
    shutdown,
  }
}

/** Key of the line that the SDK prints in a worker thread that does not start telemetry. */
const silentThread = '@swarmwatch/node.silentThread'
const silentThreadLine =
  'nothing started telemetry in this worker thread: its runs are neither on the status page nor in /metrics; ' +
  'start the program with --import @swarmwatch/node/register, or call startTelemetry() in the thread'

/**
 * Logs once where the runs of other workers are recorded: each process and each thread has metrics
 * and a page of its own.
 */
function warnAboutOtherWorkers({ otlp }: ProcessSettings, warn: Warn, hasLogger: boolean): () => void {
  const byOtlp = otlp.targets.metrics !== undefined ? 'they are exported by OTLP' : 'set OTEL_EXPORTER_OTLP_ENDPOINT'
  if (!isMainThread) {
    const stop = onExecution(() => {
      stop()
      warn(
        `runs of worker thread ${threadId} are neither on the status page nor in /metrics of the main thread: ${byOtlp}, ` +
          'or call startTelemetry() in the thread with ports of its own',
      )
    })
    return stop
  }
  const onFork = (): void =>
    warn(
      `runs of the cluster's workers are neither on the status page nor in /metrics of this process: ${byOtlp}, ` +
        'or start telemetry in each worker with ports of its own',
    )
  cluster.once('fork', onFork)
  // The SDK of a thread prints it if nothing starts telemetry there
  if (hasLogger) setEnvironmentData(silentThread, `[TELEMETRY] ${silentThreadLine}`)
  return () => {
    cluster.off('fork', onFork)
    setEnvironmentData(silentThread, undefined)
  }
}

/** Labels that distinguish the alerts of this process from those of others. */
function alertLabels({ attributes }: Resource): Record<string, string> {
  return {
    service: String(attributes['service.name']),
    instance: String(attributes['service.instance.id']),
    environment: String(attributes['deployment.environment.name']),
  }
}

function silent(configuration: Configuration, forget: () => void): Telemetry {
  return {
    configuration,
    isRecording: false,
    flush: () => Promise.resolve(),
    async shutdown() {
      forget()
    },
  }
}
