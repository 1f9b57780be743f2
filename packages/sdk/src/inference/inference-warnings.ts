import { otherError, shownProvider } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { guarded } from '../telemetry/guard.ts'
import { inferenceOptions } from './configure-inferences.ts'
import type { InferenceStart } from './inference.ts'

const maxWarnings = 100

/** Warnings that this process has printed. */
const printed = processWide('inference-warnings/1', () => new Set<string>())

/** Reports once for each provider that a client repeats failed requests by itself. */
export function warnOfHiddenRetries(agentName: string, { provider = otherError, client }: InferenceStart, tries: number): void {
  const who =
    client === undefined ? `the client of ${shownProvider(provider)}` : `${client.slice(0, 60)} (${shownProvider(provider)})`
  warnOnce(
    `retries ${provider}`,
    `${who} repeated a failed request by itself: ${tries} HTTP requests for one model call in one attempt of ${agentName}. ` +
      'Its retries multiply with those of Swarmwatch; set maxRetries: 0 in the client (Gemini: retryOptions.attempts: 1)',
  )
}

/** Reports once that tokens are counted twice. */
export function warnOfManualTokens(agentName: string): void {
  warnOnce(
    'manual tokens',
    `addTokens() or addCost() in ${agentName} adds to what the instrumentation of model calls counts by itself, so tokens or cost ` +
      'count twice. Remove the call, or pass the responseId of the response',
  )
}

/** Reports once for each provider that its streams carry no usage. */
export function warnOfMissingUsage({ provider = otherError, isStream }: InferenceStart): void {
  if (!isStream) return
  warnOnce(
    `usage ${provider}`,
    `a stream of ${shownProvider(provider)} ended without usage, so its tokens and cost are unknown. ` +
      'For OpenAI-compatible chat streams, set stream_options: { include_usage: true } in the request',
  )
}

/** Reports once for each agent and model that a budget in US dollars cannot count its calls. */
export function warnOfUnpricedBudget(agentName: string, model: string): void {
  warnOnce(
    `budget ${agentName} ${model}`,
    `the budget in USD of ${agentName} counts calls of ${model} as free, because their price is unknown. ` +
      'Set prices in the configuration file, or limit tokens or modelCalls, too',
  )
}

function warnOnce(key: string, line: string): void {
  if (printed.has(key) || printed.size >= maxWarnings) return
  printed.add(key)
  const { warn = (text: string) => console.warn(`[WARN] ${text}`) } = inferenceOptions()
  guarded('logger', () => warn(line))
}
