import { randomBytes } from 'node:crypto'

import type { Attributes, Context, Link } from '@opentelemetry/api'

import { flagAttributes } from '../experiment/exposure.ts'
import { attribute, spanName } from '../names.ts'
import { GuardedSpan } from '../telemetry/guarded-span.ts'
import type { AgentSeries, RunOperation } from '../telemetry/instruments.ts'

// 64 random bits distinguish processes, threads and copies of this package; new ones for every run would cost more than the rest
const prefix = `${randomBytes(8).toString('hex')}-`
let started = 0

/** Returns a globally unique id, such as `5f0c3a9e1b2d4c68-2s`; the last part counts the runs of this process. */
export function newExecutionId(): string {
  started += 1
  return prefix + started.toString(36)
}

/** The part of an agent that its root spans show. */
interface NamedAgent {
  readonly name: string
  readonly operation: RunOperation
  readonly attributes: Attributes
}

/** Starts the root span of a run; `place` is its place in the trace of a queue. */
export function startRootSpan(
  agent: NamedAgent,
  id: string,
  { variant, choice }: AgentSeries,
  place: { readonly parent: Context; readonly links: Link[] } | undefined,
): GuardedSpan {
  const name = agent.operation === 'invoke_workflow' ? spanName.workflow(agent.name) : spanName.agent(agent.name)
  const attributes = {
    ...agent.attributes,
    [attribute.executionId]: id,
    ...(variant !== undefined && {
      [attribute.variant]: variant,
      [attribute.featureFlagKey]: agent.name,
      [attribute.featureFlagVariant]: variant,
      ...flagAttributes(choice),
    }),
  }
  return GuardedSpan.start(name, attributes, place?.parent, place)
}

/** Adds the variant that a flag has chosen within the run to its root span. */
export function setVariant(span: GuardedSpan, variant: string, { choice }: AgentSeries): void {
  span.set(attribute.variant, variant)
  span.set(attribute.featureFlagVariant, variant)
  for (const [key, value] of Object.entries(flagAttributes(choice))) span.set(key, value)
}
