import cluster from 'node:cluster'
import { isMainThread, setEnvironmentData, threadId } from 'node:worker_threads'

import type { Resource } from '@opentelemetry/resources'
import { type Configuration, shownValue } from '@swarmwatch/config'
import { configureRecovery, onExecution } from '@swarmwatch/sdk'

import { type Warn, warnTo } from './logger.ts'
import { openMetricsServer } from './metrics-endpoint/metrics-server.ts'
import { ScrapeReader } from './metrics-endpoint/scrape-reader.ts'
import { agentsUnseen, startOpenTelemetry } from './opentelemetry/start-opentelemetry.ts'
import { telemetryResource } from './opentelemetry/telemetry-resource.ts'
import { onProcessEnd } from './process-end.ts'
import { readSettings, type Settings } from './read-settings.ts'
import { startMonitor } from './start-monitor.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

/** What `startTelemetry()` gives: where to look, and how to stop it. */
export interface Telemetry {
  /** Where `/metrics` is served, `http://127.0.0.1:9090/metrics`; absent when it is off, or its port was taken. */
  readonly metricsUrl?: string
  /** Where the status page is, `http://127.0.0.1:8080/`; absent when it is off, or its port was taken. */
  readonly pageUrl?: string
  /** The settings in force. */
  readonly configuration: Configuration
  /** False when the OpenTelemetry SDK is disabled (OTEL_SDK_DISABLED), or when another one that was registered before takes spans and metrics. */
  readonly isRecording: boolean
  /** Exports what is left now; never rejects. What is not done in time goes on behind it. */
  flush(options?: FlushOptions): Promise<void>
  /** Exports what is left and stops everything, within 5 seconds whatever is down; never rejects. A second call gives the same promise. */
  shutdown(): Promise<void>
}

/** Options of `flush()`. */
export interface FlushOptions {
  /** Most time to wait in milliseconds; a short one suits functions that are billed by time. @default 4500 */
  readonly timeoutMs?: number
}

/** One per process, also when the package was loaded twice. */
const slot = Symbol.for('@swarmwatch/node.telemetry')
const processWide = globalThis as { [slot]?: Promise<Telemetry> | undefined }

/**
 * Starts telemetry for this process: OTLP export when an endpoint is set, `/metrics`, the status page, alert rules, runtime metrics,
 * outgoing trace context, recovery defaults. A second call gives the first one's handle. An OpenTelemetry set-up that was registered
 * before keeps what it has: spans, metrics or both go to it alone, and where it takes the metrics there is no `/metrics` here; one line
 * says so. Rejects with `ConfigurationError` on bad settings: every problem at once, nothing started.
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
  // JavaScript may give null; what is wrong is told in one report
  const warn = warnTo(options?.logger)
  const running = processWide[slot]
  if (running !== undefined) {
    warn('startTelemetry() was called before: the settings of the first call stay in force')
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
  if (settings.isDisabled) {
    warn('OTEL_SDK_DISABLED is set: recovery works, nothing is measured')
    return silent(configuration, forget)
  }

  const scrape = new ScrapeReader()
  const resource = telemetryResource(options, env, warn)
  const openTelemetry = startOpenTelemetry(settings, resource, scrape, options, env, warn)
  const server =
    openTelemetry.ownsMetrics && configuration.metrics.enabled
      ? await openMetricsServer(() => scrape.text(), configuration.metrics, { onPortTaken: options.onPortTaken, warn })
      : undefined

  const monitor = await startMonitor(settings, alertLabels(resource), options, warn)

  // With the first run, for the copy of the SDK that an application uses may be loaded after this
  const stopLooking = openTelemetry.ownsMetrics
    ? onExecution(() => {
        stopLooking()
        if (!openTelemetry.isSeenByAgents()) warn(agentsUnseen)
      })
    : (): void => {}

  const stopWatchingWorkers = warnAboutOtherWorkers(settings, warn, options?.logger !== false)
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    stopLooking()
    stopWatchingWorkers()
    await Promise.allSettled([server?.close(), monitor.stop(), openTelemetry.shutdown()])
    // only now: a signal that comes meanwhile does not cut it short
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

/** Key of the line that the SDK prints in a worker thread in which nothing starts telemetry. */
const silentThread = '@swarmwatch/node.silentThread'
const silentThreadLine =
  'nothing started telemetry in this worker thread: its runs are neither on the status page nor in /metrics; ' +
  'start the program with --import @swarmwatch/node/register, or call startTelemetry() in the thread'

/** Says once where the runs of other workers are found: each process and each thread has metrics and a page of its own. */
function warnAboutOtherWorkers({ otlp }: Settings, warn: Warn, isHeard: boolean): () => void {
  const byOtlp = otlp.targets.metrics !== undefined ? 'they go out by OTLP' : 'set OTEL_EXPORTER_OTLP_ENDPOINT'
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
  if (isHeard) setEnvironmentData(silentThread, `[TELEMETRY] ${silentThreadLine}`)
  return () => {
    cluster.off('fork', onFork)
    setEnvironmentData(silentThread, undefined)
  }
}

/** What tells the alerts of this process from those of others. */
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
