import type { Instrumentation } from '@opentelemetry/instrumentation'
import { configureInferences } from '@swarmwatch/sdk/instrumentation'

import { type ModelPrices, preloadBundledTable, priceFunction } from './prices.ts'
import { sourceNames, type SourceName, sources } from './sources/registry.ts'
import { type Source, type SourceConfig, sourceVersion } from './sources/source.ts'
import type { SentRequest } from './sources/wire/model-request.ts'
import { hasChunkChannels, type WireConfig, WireInstrumentation } from './sources/wire/wire-instrumentation.ts'

/** Options of {@link AgentInstrumentation}. */
export interface AgentInstrumentationConfig extends SourceConfig {
  /**
   * Sources to enable: `false` for none, a list, or the ones to leave out, as in `{ wire: false }`.
   * @default every source
   */
  readonly frameworks?: boolean | readonly SourceName[] | Readonly<Partial<Record<SourceName, boolean>>>
  /**
   * Prices in US dollars per million tokens, by the name of the model or by `provider/model`; they override the price table of
   * `@pydantic/genai-prices`. A cost that the provider sends overrides both.
   * @default {}
   */
  readonly prices?: ModelPrices
  /**
   * `latest+1.41` also sends the metrics and attributes that version 1.41 of the GenAI conventions had, for older dashboards.
   * @default 'latest+1.41' if OTEL_SEMCONV_STABILITY_OPT_IN has `gen_ai/dup`, otherwise 'latest'
   */
  readonly semconv?: 'latest' | 'latest+1.41' | undefined
  /** Providers of model servers that only you know, for the source `wire`: see {@link WireConfig}. @default {} */
  readonly providers?: WireConfig['providers']
}

/**
 * Reports model calls, tokens, cost and tool calls of agent frameworks, without changes to their code. Register it in any
 * OpenTelemetry set-up; `@swarmwatch/node` does so by default. Spans and metrics go to the global providers.
 *
 * @example
 * registerInstrumentations({ instrumentations: [new AgentInstrumentation({ frameworks: ['wire'] })] })
 */
export class AgentInstrumentation implements Instrumentation<AgentInstrumentationConfig> {
  readonly instrumentationName = '@swarmwatch/instrumentation'
  readonly instrumentationVersion: string = sourceVersion
  #config: AgentInstrumentationConfig
  #sources: readonly Source[] = []
  #restoreInferences: (() => void) | undefined

  constructor(config: AgentInstrumentationConfig = {}) {
    this.#config = { enabled: true, ...config }
    if (this.#config.enabled) this.enable()
  }

  enable(): void {
    if (this.#restoreInferences) return
    const { frameworks, prices, warn = printWarning, ...options } = this.#config
    const { captureContent, semconv } = options
    const config = { ...options, warn }
    this.#restoreInferences = configureInferences({
      price: priceFunction(prices, { warn }),
      warn,
      captureContent,
      semconv,
      seesEveryCall: isChosen('wire', frameworks) && hasChunkChannels(),
    })
    preloadBundledTable()
    this.#sources = sourceNames
      .filter((name) => isChosen(name, frameworks))
      .map((name) => new sources[name]({ ...config, enabled: true }))
  }

  /** Ends every source, so that later requests and calls are not observed. */
  disable(): void {
    for (const source of this.#sources) source.disable()
    this.#sources = []
    this.#restoreInferences?.()
    this.#restoreInferences = undefined
  }

  /**
   * Returns a line with the cure for each source whose framework, as files in `folders` import it, no longer contains the names that the
   * source depends on. It reads the files of the packages, so it is for a check on request.
   */
  static hookProblems(names: readonly SourceName[], folders: readonly string[]): string[] {
    return names.flatMap((name) => new sources[name]({ enabled: false }).hookProblem?.(folders) ?? [])
  }

  /** Returns a short text for each enabled source that can observe this process, and for each client of `wire`, for a start line. */
  found(): readonly string[] {
    return this.#sources.flatMap((source) => {
      const clients = source instanceof WireInstrumentation ? source.clients() : []
      return [source.found(), ...clients].filter((text) => text !== undefined)
    })
  }

  /**
   * Whether the source `wire` reports this request of undici as a model call, with a span and trace context of its own. An HTTP
   * instrumentation should leave it out: `new UndiciInstrumentation({ ignoreRequestHook: (request) => agents.isModelRequest(request) })`.
   */
  isModelRequest(request: SentRequest): boolean {
    return this.#sources.some((source) => source instanceof WireInstrumentation && source.isModelRequest(request))
  }

  getConfig(): AgentInstrumentationConfig {
    return this.#config
  }

  /** Has an effect at the next `enable()`. */
  setConfig(config: AgentInstrumentationConfig): void {
    this.#config = { enabled: true, ...config }
  }

  /** Has no effect: the spans of `@swarmwatch/sdk` go to the global provider. */
  setTracerProvider(): void {}

  /** Has no effect: the metrics of `@swarmwatch/sdk` go to the global provider. */
  setMeterProvider(): void {}
}

/** With the prefix of the other lines of Swarmwatch, because a console belongs to the application. */
function printWarning(line: string): void {
  // oxlint-disable-next-line no-console
  console.warn(`[TELEMETRY] ${line}`)
}

function isChosen(name: SourceName, frameworks: AgentInstrumentationConfig['frameworks'] = true): boolean {
  if (typeof frameworks === 'boolean') return frameworks
  if (Array.isArray(frameworks)) return frameworks.includes(name)
  return (frameworks as Partial<Record<SourceName, boolean>>)[name] !== false
}
