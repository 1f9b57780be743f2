import { variantOf, type AgentSeries } from './agent-series.ts'
import { BoundedNames } from './bounded-names.ts'
import type { ExecutionRecord } from './monitor/execution-record.ts'
import { attribute } from './names.ts'
import { processWide } from './process-wide.ts'
import { trip } from './telemetry/guard.ts'
import type { GuardedSpan } from './telemetry/guarded-span.ts'
import { add, instruments } from './telemetry/instruments.ts'

/** The parts of a run that record what it consumes. */
interface Consumer {
  readonly record: ExecutionRecord
  readonly series: AgentSeries
  readonly span: GuardedSpan
}

const models = processWide('models/1', () => new BoundedNames(50))
const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

/** An amount that counters can take; undefined, and a swallowed error, for anything else. */
function amount(value: number | undefined, what: string): number | undefined {
  if (value === undefined || isAmount(value)) return value || undefined
  trip('option', new TypeError(`${what} must be a number >= 0`))
  return undefined
}

function labels(execution: Consumer, model: string | undefined): Record<string, string> {
  const bounded = models.bound((model ?? 'unknown').slice(0, 100))
  const { series } = execution
  return {
    [attribute.agentName]: series.agentName,
    [attribute.requestModel]: bounded,
    ...(variantOf(series) as Record<string, string>),
  }
}

/** Adds tokens to a run, its root span and `agent.tokens`; what is no amount is swallowed and counted. */
export function addTokens(
  execution: Consumer,
  tokens: { input?: number | undefined; output?: number | undefined; model?: string | undefined },
): void {
  const input = amount(tokens.input, 'input tokens')
  const output = amount(tokens.output, 'output tokens')
  const { record, span } = execution
  const attributes = labels(execution, tokens.model)
  if (input !== undefined) {
    record.inputTokens += input
    span.set(attribute.inputTokens, record.inputTokens)
    add(instruments().tokens, input, { ...attributes, [attribute.direction]: 'input' })
  }
  if (output !== undefined) {
    record.outputTokens += output
    span.set(attribute.outputTokens, record.outputTokens)
    add(instruments().tokens, output, { ...attributes, [attribute.direction]: 'output' })
  }
}

/** Adds US dollars likewise; `model` is `unknown` unless given. */
export function addCost(execution: Consumer, usd: number, model: string | undefined): void {
  const cost = amount(usd, 'cost')
  if (cost === undefined) return
  execution.record.costUsd += cost
  execution.span.set(attribute.costUsd, execution.record.costUsd)
  add(instruments().cost, cost, labels(execution, model))
}
