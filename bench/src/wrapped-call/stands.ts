import type { Metrics } from '../telemetry.ts'

/** A process with one set-up of telemetry, in which some variants of the call are measured. */
export interface Stand {
  readonly name: string
  /** What its rows say about it, behind the name of the variant. */
  readonly says: string
  /** 2 or 3: the OpenTelemetry SDK whose provider is registered; `theirs`: a peer registers its own. */
  readonly openTelemetry: '2' | '3' | 'none' | 'sentry' | 'traceloop'
  readonly metrics: Metrics
  /** The stand whose call by hand is the base of its ratios. */
  readonly base: string
}

/** All stands. Whoever can work on the same provider stands on the first, and on the second the same with OpenTelemetry SDK 2. */
export const stands: readonly Stand[] = [
  { name: 'sdk-3', says: '', openTelemetry: '3', metrics: 'all', base: 'sdk-3' },
  { name: 'sdk-2', says: '', openTelemetry: '2', metrics: 'all', base: 'sdk-2' },
  { name: 'no-gen-ai', says: ', no GenAI metrics', openTelemetry: '3', metrics: 'no GenAI', base: 'no-gen-ai' },
  { name: 'spans-only', says: ', no meter provider', openTelemetry: '3', metrics: 'none', base: 'spans-only' },
  { name: 'none', says: ', no telemetry registered', openTelemetry: 'none', metrics: 'none', base: 'none' },
  { name: 'sentry', says: '', openTelemetry: 'sentry', metrics: 'none', base: 'sdk-3' },
  { name: 'traceloop', says: '', openTelemetry: 'traceloop', metrics: 'none', base: 'sdk-2' },
]
