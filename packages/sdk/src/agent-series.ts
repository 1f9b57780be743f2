import type { Attributes } from '@opentelemetry/api'

import { attribute, type Outcome } from './names.ts'
import { processWide } from './process-wide.ts'

/** The label sets of an agent (and variant), made once so that recording allocates nothing. */
export interface AgentSeries {
  /** The name on metrics: the agent's own, or `__other__` past 100 names. */
  readonly agentName: string
  readonly variant: string | undefined
  readonly agent: Attributes
  readonly genAi: Attributes
  readonly run: Readonly<Record<Outcome, Attributes>>
  readonly attempt: Readonly<Record<Outcome, Attributes>>
}

/** Every label set of agents so far, by its key. */
export const knownSeries: Map<string, AgentSeries> = processWide('series/1', () => new Map<string, AgentSeries>())

/** Label sets for a name and a variant that are bounded already; `onCreated` is called with new ones. */
export function seriesOf(agentName: string, variant: string | undefined, onCreated: (series: AgentSeries) => void): AgentSeries {
  // As JSON: a name may hold any character that could separate the two
  const key = JSON.stringify([agentName, variant])
  const known = knownSeries.get(key)
  if (known) return known
  const made = create(agentName, variant)
  knownSeries.set(key, made)
  onCreated(made)
  return made
}

function create(agentName: string, variant: string | undefined): AgentSeries {
  const agent = { [attribute.agentName]: agentName }
  const run = variant === undefined ? agent : { ...agent, [attribute.variant]: variant }
  const byOutcome = (base: Attributes): Record<Outcome, Attributes> => ({
    success: { ...base, [attribute.outcome]: 'success' },
    failure: { ...base, [attribute.outcome]: 'failure' },
    cancelled: { ...base, [attribute.outcome]: 'cancelled' },
  })
  const genAi = { [attribute.genAiAgentName]: agentName }
  return { agentName, variant, agent, genAi, run: byOutcome(run), attempt: byOutcome(agent) }
}

/** The variant's part of a label set. */
export function variantOf(series: AgentSeries): Attributes {
  return series.variant === undefined ? {} : { [attribute.variant]: series.variant }
}
