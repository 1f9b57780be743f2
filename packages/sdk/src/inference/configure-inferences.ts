import { processWide } from '../process-wide.ts'
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
  /** Records messages on the spans of model calls. @default false */
  readonly captureContent?: boolean | undefined
}

const settings = processWide('inference-options/1', () => ({ current: {} as InferenceOptions }))

/** Returns the argument of the last {@link configureInferences} call. */
export function inferenceOptions(): InferenceOptions {
  return settings.current
}

/** Sets how the model calls of this process are priced and recorded. The returned function restores the earlier settings. */
export function configureInferences(options: InferenceOptions): () => void {
  const earlier = settings.current
  settings.current = options
  return () => {
    if (settings.current === options) settings.current = earlier
  }
}
