import { type OwnProcess, startProgram } from '../own-process.ts'
import { peerFlags } from '../peers/import-peer.ts'
import type { Metrics } from '../telemetry.ts'

/** A process with one set-up of telemetry, in which some variants of the call are measured. */
export interface Setup {
  readonly name: string
  /** Added to the names of the variants in its rows. */
  readonly suffix: string
  /** 2 or 3: the OpenTelemetry SDK whose provider is registered; `theirs`: a peer registers its own. */
  readonly openTelemetry: '2' | '3' | 'none' | 'sentry' | 'traceloop'
  readonly metrics: Metrics
  /** The setup whose call by hand is the base of its ratios. */
  readonly base: string
}

/** All setups. Variants that share a provider are in the first one, and in the second with OpenTelemetry SDK 2. */
export const setups: readonly Setup[] = [
  { name: 'sdk-3', suffix: '', openTelemetry: '3', metrics: 'all', base: 'sdk-3' },
  { name: 'sdk-2', suffix: '', openTelemetry: '2', metrics: 'all', base: 'sdk-2' },
  { name: 'no-gen-ai', suffix: ', no GenAI metrics', openTelemetry: '3', metrics: 'no GenAI', base: 'no-gen-ai' },
  { name: 'spans-only', suffix: ', no meter provider', openTelemetry: '3', metrics: 'none', base: 'spans-only' },
  { name: 'none', suffix: ', no telemetry registered', openTelemetry: 'none', metrics: 'none', base: 'none' },
  { name: 'sentry', suffix: '', openTelemetry: 'sentry', metrics: 'none', base: 'sdk-3' },
  { name: 'traceloop', suffix: '', openTelemetry: 'traceloop', metrics: 'none', base: 'sdk-2' },
]

/** A question to the process of a setup (`calls-program.ts`). */
export type Question =
  | 'variants'
  | { readonly variant: string; readonly calls: number; readonly warmUpCalls: number; readonly collectsFirst: boolean }
  | { readonly countsOf: string; readonly calls: number }
  | { readonly heapOf: string; readonly calls: number }

/** The variants of a setup, each with the reason why it cannot be measured, if there is one. */
export type Variants = readonly { readonly variant: string; readonly reason?: string }[]

/** Exported signals of one call. */
export interface Counts {
  readonly spans: number
  readonly recordings: number
}

/** Starts the process of a setup. `noPeers` is the reason why peers are not installed. */
export function startSetup(name: string, noPeers: string | undefined): OwnProcess {
  const { openTelemetry } = setups.find((setup) => setup.name === name)!
  const env = { PEERS_OPENTELEMETRY: openTelemetry === '2' || openTelemetry === 'traceloop' ? '2' : '3' }
  const program = new URL('calls-program.ts', import.meta.url)
  return startProgram(program, noPeers === undefined ? [name] : [name, noPeers], { flags: peerFlags, env })
}

/** Asks it one question. */
export function askSetup<Answer>(setup: OwnProcess, question: Question): Promise<Answer> {
  return setup.ask<Answer>(question)
}
