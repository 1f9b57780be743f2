import type { Attributes } from '@opentelemetry/api'

import { BoundedNames } from '../bounded-names.ts'
import type { ExecutionRecord } from '../monitor/execution-record.ts'
import { attribute } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { trip } from '../telemetry/guard.ts'
import type { GuardedSpan } from '../telemetry/guarded-span.ts'
import { add, instruments, variantOf, type AgentSeries } from '../telemetry/instruments.ts'
import { isAmount } from '../unknown-values.ts'

/** The parts of a run that count tokens and cost. */
export interface UsageRun {
  readonly record: ExecutionRecord
  readonly span: GuardedSpan
  readonly series: AgentSeries
  /** The first model call of the attempt whose input tokens were counted. */
  firstCall: FirstCall | undefined
  /** Counts an amount in the budgets of the run. */
  spent(key: 'usd' | 'tokens', amount: number): void
}

/** Model and input tokens of a call. */
export interface FirstCall {
  readonly model: string | undefined
  readonly inputTokens: number
}

/** Tokens of one model, for a run. */
export interface RunTokens {
  readonly input?: number | undefined
  readonly output?: number | undefined
  /** The part of `input` that a cache of the provider served. */
  readonly cachedInput?: number | undefined
  readonly model?: string | undefined
}

/** Adds tokens to a run, its root span and `agent.tokens`; an invalid amount is ignored and counted. */
export function addTokens(run: UsageRun, tokens: RunTokens): void {
  const input = amount(tokens.input, 'input tokens')
  const output = amount(tokens.output, 'output tokens')
  const { record, span } = run
  const labels = labelsOf(run, tokens.model)
  if (input !== undefined) {
    record.inputTokens += input
    span.set(attribute.inputTokens, record.inputTokens)
    add(instruments().tokens, input, { ...labels, [attribute.direction]: 'input' })
    countExcess(run, input, tokens.model)
  }
  if (output !== undefined) {
    record.outputTokens += output
    span.set(attribute.outputTokens, record.outputTokens)
    add(instruments().tokens, output, { ...labels, [attribute.direction]: 'output' })
  }
  record.cachedInputTokens += amount(tokens.cachedInput, 'cached input tokens') ?? 0
  if (input !== undefined || output !== undefined) run.spent('tokens', (input ?? 0) + (output ?? 0))
}

/** Counts the part of the input that is more than twice that of the first call of the same model; other models have contexts of their own. */
function countExcess(run: UsageRun, input: number, model: string | undefined): void {
  const first = (run.firstCall ??= { model, inputTokens: input })
  const excess = first.model === model ? input - 2 * first.inputTokens : 0
  if (excess <= 0) return
  add(instruments().excessContext, excess, {
    [attribute.agentName]: run.series.agentName,
    [attribute.requestModel]: boundedModel(model),
  })
}

/** Adds US dollars to a run, its root span and `agent.cost.usd`. */
export function addCost(run: UsageRun, usd: number, model: string | undefined): void {
  const cost = amount(usd, 'cost')
  if (cost === undefined) return
  run.record.costUsd += cost
  run.span.set(attribute.costUsd, run.record.costUsd)
  add(instruments().cost, cost, labelsOf(run, model))
  run.spent('usd', cost)
}

/** Returns an amount that counters accept; otherwise undefined, and the error is counted. */
function amount(value: number | undefined, what: string): number | undefined {
  if (value === undefined || isAmount(value)) return value || undefined
  trip('option', new TypeError(`${what} must be a number >= 0`))
  return undefined
}

const models = processWide('models/1', () => new BoundedNames(50))

/** Returns the model's name for a metric label: at most 50 different ones in a process, each at most 100 characters. */
export function boundedModel(model: string | undefined): string {
  return models.bound((model ?? 'unknown').slice(0, 100))
}

function labelsOf({ series }: UsageRun, model: string | undefined): Attributes {
  return { [attribute.agentName]: series.agentName, [attribute.requestModel]: boundedModel(model), ...variantOf(series) }
}
