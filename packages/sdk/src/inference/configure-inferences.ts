import { processWide } from '../process-wide.ts'
import { isContentAsked } from '../telemetry/content.ts'
import type { InferenceUsage } from './inference.ts'

/** A model call whose price is asked for. */
export interface PricedCall {
  readonly provider: string | undefined
  /** The requested model. */
  readonly model: string | undefined
  readonly responseModel: string | undefined
  readonly usage: InferenceUsage
  /** When the call started, in milliseconds since 1970. */
  readonly at: number
}

/** Settings for the model calls of a process. */
export interface InferenceOptions {
  /** Returns the US dollars of a call whose provider sent no cost; undefined if the price is unknown. @default no price is known */
  readonly price?: ((of: PricedCall) => number | undefined) | undefined
  /** Receives one line for each problem that the user can solve. @default console.warn */
  readonly warn?: ((line: string) => void) | undefined
  /**
   * Records messages, arguments and results on the spans of model calls and of tools that an instrumentation reports.
   * @default OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, or false
   */
  readonly captureContent?: boolean | undefined
  /** True while an instrumentation sees every model call of the process: then the number of calls of a run is recorded. @default false */
  readonly seesEveryCall?: boolean | undefined
  /**
   * `latest+1.41` also sends the metrics and attributes that version 1.41 of the conventions had, for older dashboards.
   * @default 'latest+1.41' if OTEL_SEMCONV_STABILITY_OPT_IN has `gen_ai/dup`, otherwise 'latest'
   */
  readonly semconv?: 'latest' | 'latest+1.41' | undefined
}

const none: InferenceOptions = {}
/** Settings that apply, the newest last. */
const settings = processWide('inference-options/2', (): InferenceOptions[] => [])

function current(): InferenceOptions {
  return settings.at(-1) ?? none
}

/** Whether an instrumentation of model and tool calls is enabled in this process. */
export function isInstrumented(): boolean {
  return settings.length > 0 || innerSources.count > 0
}

const innerSources = processWide('inner-tool-sources/1', () => ({ count: 0 }))

/**
 * Announces a source whose tool calls can be inside those of `instrumentTool()`, which then marks its calls. The returned function ends
 * this; only its first call has an effect.
 */
export function announceInnerToolCalls(): () => void {
  innerSources.count += 1
  let isEnded = false
  return () => {
    if (!isEnded) innerSources.count -= 1
    isEnded = true
  }
}

/** Returns the newest settings that apply. */
export function inferenceOptions(): InferenceOptions {
  return current()
}

/** Whether messages, arguments and results of framework calls are recorded. */
export function isContentCaptured(): boolean {
  return current().captureContent ?? isContentAsked()
}

let areOldNamesAsked: boolean | undefined

/** Whether the names of version 1.41 of the conventions are sent as well. */
export function hasOldNames(): boolean {
  const { semconv } = current()
  if (semconv !== undefined) return semconv === 'latest+1.41'
  areOldNamesAsked ??= (process.env['OTEL_SEMCONV_STABILITY_OPT_IN'] ?? '')
    .split(',')
    .some((word) => word.trim() === 'gen_ai/dup')
  return areOldNamesAsked
}

/**
 * Sets how the model calls of this process are priced and recorded. The returned function ends this: then the settings that were made
 * before and have not ended apply, in whatever order they end.
 */
export function configureInferences(options: InferenceOptions): () => void {
  // Two callers may pass the same object
  const own = { ...options }
  settings.push(own)
  return () => {
    const at = settings.indexOf(own)
    if (at !== -1) settings.splice(at, 1)
  }
}
