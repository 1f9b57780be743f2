import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { startTelemetry } from '@swarmwatch/node'
import { instrumentAgent } from '@swarmwatch/sdk'

import { byHand } from '../calls/by-hand.ts'
import { answerQuestions } from '../own-process.ts'
import { importPeer } from '../peers/import-peer.ts'

// A process of its own: an agent that is called at a steady rate while telemetry is exported, or cannot be

export type Who = 'bare' | 'by hand' | 'swarmwatch'

export interface LoadQuestion {
  readonly who: Who
  readonly endpoint: string
  readonly callsPerSecond: number
  readonly seconds: number
}

/** How late the event loop was, and how long the end took. */
export interface Load {
  readonly medianLateMs: number
  readonly p99LateMs: number
  readonly mostLateMs: number
  readonly callsPerSecond: number
  readonly shutdownMs: number
}

/** Node's monitor sets a timer of this many milliseconds again and again; what it takes longer is the delay. */
const resolution = 1

answerQuestions<LoadQuestion, Load>(async ({ who, endpoint, callsPerSecond, seconds }) => {
  const { agent, shutdown } = await start(who, endpoint)
  await call(agent, callsPerSecond, 1)
  const monitor = monitorEventLoopDelay({ resolution })
  monitor.enable()
  const made = await call(agent, callsPerSecond, seconds)
  monitor.disable()
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
  const startedMs = performance.now()
  await shutdown()
  return {
    medianLateMs: late(monitor.percentile(50)),
    p99LateMs: late(monitor.percentile(99)),
    mostLateMs: late(monitor.max),
    callsPerSecond: made / seconds,
    shutdownMs: performance.now() - startedMs,
  }
})

type TextAgent = (text: string) => Promise<number>

async function start(who: Who, endpoint: string): Promise<{ agent: TextAgent; shutdown: () => Promise<unknown> }> {
  // As short as an agent can be: what else happens in the process is telemetry
  const agent: TextAgent = async (text) => text.length
  if (who === 'bare') return { agent, shutdown: async () => {} }
  if (who === 'by hand') return { shutdown: await startOtlpByHand(endpoint), agent: byHand('steady', agent) }
  const telemetry = await startTelemetry({
    serviceName: 'event-loop',
    configFile: false,
    metrics: { port: false, exportIntervalSeconds: 1 },
    monitor: { port: false },
    logger: false,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  })
  return { agent: instrumentAgent(agent, { name: 'steady' }), shutdown: () => telemetry.shutdown() }
}

async function call(agent: TextAgent, callsPerSecond: number, seconds: number): Promise<number> {
  let made = 0
  const startedMs = performance.now()
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - startedMs) {
    for (; made < (elapsed / 1000) * callsPerSecond; made += 1) await agent('a task')
    await delay(1)
  }
  return made
}

type ExporterClass<Exporter> = new (options: { url: string }) => Exporter

/** Sets up OpenTelemetry as its documentation describes, with defaults for all but the interval. Returns its shutdown. */
export async function startOtlpByHand(endpoint: string): Promise<() => Promise<unknown>> {
  const { OTLPTraceExporter } = await importPeer<{ OTLPTraceExporter: ExporterClass<SpanExporter> }>(
    '@opentelemetry/exporter-trace-otlp-proto',
  )
  const { OTLPMetricExporter } = await importPeer<{ OTLPMetricExporter: ExporterClass<PushMetricExporter> }>(
    '@opentelemetry/exporter-metrics-otlp-proto',
  )
  const spans = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }) })
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
    exportIntervalMillis: 1_000,
    exportTimeoutMillis: 1_000,
  })
  const tracerProvider = new TracerProvider({ spanProcessors: [spans] })
  const meterProvider = new MeterProvider({ readers: [reader] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(tracerProvider)
  metrics.setGlobalMeterProvider(meterProvider)
  return () => Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()])
}
