import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

import { alreadyLogged, type CollectorHealth } from './collector-health.ts'
import type { OtlpTarget } from './otlp-settings.ts'

type Done = Parameters<SpanExporter['export']>[1]
type ExporterConfig = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

/** The common methods of OpenTelemetry's exporters of all signals. */
interface Exporter<Items> {
  export(items: Items, done: Done): void
  forceFlush?(): Promise<void>
  shutdown(): Promise<void>
}

/** Timeout of an export that begins during the shutdown; one under way gets the same time to end. */
export const lastExportTimeoutMs = 2_000

/**
 * An exporter that ends soon once it closes: exports then go through a second exporter with a shorter timeout, so that a dead collector
 * does not delay the end of the process. Reports each result to `health`, so that a dead collector makes one line and not one per batch.
 */
export class OtlpExporter<Items, Inner extends Exporter<Items>> {
  protected readonly usual: Inner
  readonly #last: Inner
  readonly #usualConnections: Connections
  readonly #lastConnections: Connections
  readonly #url: string
  readonly #health: CollectorHealth
  readonly #onEnded: ((items: Items) => void) | undefined
  #isClosing = false

  constructor(
    target: OtlpTarget,
    health: CollectorHealth,
    make: (config: ExporterConfig) => Inner,
    onEnded?: (items: Items) => void,
  ) {
    this.#onEnded = onEnded
    const { url, headers, timeoutMs, certificates, compression = 'none' } = target
    // Always set, because otherwise the exporter reads the environment of the process; its enum is not exported
    const common = { url, headers, compression: compression as NonNullable<ExporterConfig['compression']> }
    this.#url = url
    this.#health = health
    this.#usualConnections = openConnections(certificates)
    this.#lastConnections = openConnections(certificates)
    this.usual = make({ ...common, timeoutMillis: timeoutMs, httpAgentOptions: this.#usualConnections.agentFor })
    this.#last = make({
      ...common,
      timeoutMillis: Math.min(timeoutMs, lastExportTimeoutMs),
      httpAgentOptions: this.#lastConnections.agentFor,
    })
  }

  export(items: Items, done: Done): void {
    const exporter = this.#isClosing ? this.#last : this.usual
    exporter.export(items, (result) => {
      if (result.code === 0) this.#health.succeeded(this.#url)
      else this.#health.failed(this.#url, result.error)
      this.#onEnded?.(items)
      done(result.code === 0 ? result : { code: result.code, error: new Error(alreadyLogged) })
    })
  }

  /** Shortens the timeout of every further export, and cuts exports under way after 2 seconds. */
  close(): void {
    this.#isClosing = true
    setTimeout(() => this.#usualConnections.cut(), lastExportTimeoutMs).unref()
  }

  /** Cuts every export that is still under way. */
  cut(): void {
    this.#usualConnections.cut()
    this.#lastConnections.cut()
  }

  async forceFlush(): Promise<void> {
    await Promise.all([this.usual.forceFlush?.(), this.#last.forceFlush?.()])
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.usual.shutdown(), this.#last.shutdown()])
  }
}

/** The exporters' connections: they do not keep the process alive, and can be cut at any time. */
interface Connections {
  /** For the exporter's `httpAgentOptions`. */
  readonly agentFor: (protocol: string) => HttpAgent
  /** Ends every request under way with an error that is not retried, and rejects new ones. */
  cut(): void
}

/** Opens connections with the certificates of the target. */
function openConnections(certificates: OtlpTarget['certificates']): Connections {
  const agents: HttpAgent[] = []
  let isCut = false

  const agentFor = (protocol: string): HttpAgent => {
    const agent =
      protocol === 'https:' ? new HttpsAgent({ keepAlive: true, ...certificates }) : new HttpAgent({ keepAlive: true })
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      if (isCut) throw cutError()
      return unref(connect(options, callback))
    }
    const reuse = agent.reuseSocket.bind(agent)
    agent.reuseSocket = (socket, request) => {
      reuse(socket, request)
      // It calls ref(): a request to a collector that never answers would keep the process alive
      unref(socket)
    }
    agents.push(agent)
    return agent
  }

  return {
    agentFor,
    cut() {
      isCut = true
      for (const agent of agents) {
        for (const socket of Object.values(agent.sockets).flatMap((sockets) => sockets ?? [])) socket.destroy(cutError())
        agent.destroy()
      }
    },
  }
}

/** Without a `code`, so that OpenTelemetry's transport takes it as final. */
const cutError = (): Error => new Error('cut off: telemetry is shutting down')

function unref(socket: Duplex | null | undefined): Duplex | null | undefined {
  if (socket && 'unref' in socket && typeof socket.unref === 'function') socket.unref()
  return socket
}
