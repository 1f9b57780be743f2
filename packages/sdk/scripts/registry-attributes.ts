import {
  attribute,
  budgetLabels,
  experimentSums,
  outcomes,
  providerOutcomes,
  retryAvoidedReasons,
  retryOutcomes,
  wasteKinds,
} from '../src/names.ts'
import { quotas } from '../src/provider/rate-limits.ts'

type AttributeKey = (typeof attribute)[keyof typeof attribute]
/** Namespaces whose attributes the OpenTelemetry registries define. */
type OfConventions =
  `${'error' | 'feature_flag' | 'gen_ai' | 'http' | 'jsonrpc' | 'mcp' | 'network' | 'rpc' | 'server'}.${string}`
/** Keys of attributes that only this repository defines. */
export type OwnAttribute = Exclude<AttributeKey, OfConventions>

/** Definition of an attribute in the registry. */
export interface AttributeDefinition {
  readonly key: string
  readonly type: 'int' | 'double' | 'string' | 'boolean' | 'string[]' | 'template[any]' | readonly string[]
  readonly brief: string
  /** Required for text that is not one of a list. */
  readonly examples?: readonly string[]
}

/** Whether the OpenTelemetry registries define an attribute or a metric of this name. */
export function isOfConventions(name: string): boolean {
  return /^(?:error|feature_flag|gen_ai|http|jsonrpc|mcp|network|rpc|server)\./.test(name)
}

type Described = Omit<AttributeDefinition, 'key'>

const described: Readonly<Record<OwnAttribute, Described>> = {
  [attribute.agentName]: { type: 'string', brief: 'Name of the agent.', examples: ['researcher', '__other__'] },
  [attribute.outcome]: {
    type: [...new Set([...outcomes, ...providerOutcomes])],
    brief: 'How a run, an attempt or a model call ended.',
  },
  [attribute.direction]: { type: ['input', 'output'], brief: 'Whether the model read or wrote the tokens.' },
  [attribute.resource]: { type: ['cpu', 'memory'], brief: 'The resource of the process that is measured.' },
  [attribute.waste]: { type: [...wasteKinds], brief: 'Why a part of the cost led to no answer.' },
  [attribute.budget]: { type: Object.values(budgetLabels), brief: 'The limit of a budget that a run exceeded.' },
  [attribute.where]: {
    type: 'string',
    brief: 'The part of the telemetry code in which the error was caught.',
    examples: ['span', 'metrics'],
  },
  [attribute.variant]: { type: 'string', brief: 'Variant of the agent in a comparison.', examples: ['a', 'b'] },
  [attribute.experiment]: {
    type: 'string',
    brief: 'Name of the experiment, key of the flag, or name of the agent, that the variant belongs to.',
    examples: ['short-prompt'],
  },
  [attribute.sum]: { type: experimentSums, brief: 'What is summed over the runs of a variant.' },
  [attribute.keyGroup]: {
    type: 'string',
    brief: 'Group of keys, 0 to 19, of an experiment whose keys occur in several runs.',
    examples: ['0', '19'],
  },
  [attribute.unit]: {
    type: 'string',
    brief: 'What has a variant: a run, or what the key identifies.',
    examples: ['run', 'user'],
  },
  [attribute.costUsd]: { type: 'double', brief: 'Cost in US dollars: of a run with all its attempts, or of a model call.' },
  [attribute.executionId]: {
    type: 'string',
    brief: 'Id of the run.',
    examples: ['018f3a5e-7c1d-7d5e-9a3b-2f6d1c0e4b7a'],
  },
  [attribute.attemptCount]: { type: 'int', brief: 'Number of attempts of the run.' },
  [attribute.quota]: { type: quotas, brief: 'Quota of a provider.' },
  [attribute.reason]: { type: retryAvoidedReasons, brief: 'Why an attempt was not made, or later than its schedule.' },
  [attribute.attemptNumber]: { type: 'int', brief: 'Number of the attempt, from 1.' },
  [attribute.attemptFallback]: {
    type: 'string',
    brief: 'Name of the alternative that was called in place of the function of the agent.',
    examples: ['small-model'],
  },
  [attribute.retryWait]: { type: 'double', brief: 'Wait before the attempt in seconds.' },
  [attribute.lastStep]: {
    type: 'string',
    brief: 'The step after which a run has made no progress.',
    examples: ['tool call started: search', 'model call started'],
  },
  [attribute.pausedSeconds]: { type: 'double', brief: 'Time for which the run was paused, in seconds; only if it was.' },
  [attribute.retryOutcome]: { type: retryOutcomes, brief: 'Result of recovery for the run.' },
  [attribute.toolCalls]: { type: 'int', brief: 'Number of tool calls of the run.' },
  [attribute.modelCalls]: {
    type: 'int',
    brief: 'Number of model calls of the run; a call that its client repeated is one call.',
  },
  [attribute.httpTries]: { type: 'int', brief: 'Number of HTTP requests of the model calls of the run or the attempt.' },
  [attribute.toolReused]: { type: 'boolean', brief: 'Whether the result is that of an earlier call of a tool with once.' },
  [attribute.toolUncertain]: {
    type: 'boolean',
    brief: 'Whether it is unknown if the effect of a tool with once happened, or its result was not stored.',
  },
  [attribute.metricPrefix]: { type: 'template[any]', brief: 'A value that the caller of complete() reported, by its name.' },
}

/** The definitions of all attributes that only this repository defines, by key. */
export const ownAttributes: readonly AttributeDefinition[] = Object.entries(described)
  .map(([key, definition]) => ({ key: key.replace(/\.$/, ''), ...definition }))
  .toSorted((one, other) => (one.key < other.key ? -1 : 1))
