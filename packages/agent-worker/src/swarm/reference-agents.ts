import type { AgentDependencies, AgentTask } from './agent.ts'
import { createApiIntegrator, readDraft } from './api-integrator.ts'
import { createRapidBuilder } from './rapid-builder.ts'
import { createReviewer } from './reviewer.ts'

/** The three reference agents, in the order in which they work on an item. */
export const agentNames = ['rapid-builder', 'api-integrator', 'reviewer'] as const
/** Name of a reference agent. */
export type AgentName = (typeof agentNames)[number]

/** Each agent as a function that completes a task and returns the model's last message. */
export type ReferenceAgents = Readonly<Record<AgentName, (task: AgentTask) => Promise<string>>>

/** Creates the three reference agents, instrumented with the SDK. */
export function referenceAgents(dependencies: AgentDependencies): ReferenceAgents {
  const integrate = createApiIntegrator(dependencies)
  return {
    'rapid-builder': createRapidBuilder(dependencies),
    'api-integrator': async (task) => readDraft(await integrate(task)),
    reviewer: createReviewer(dependencies),
  }
}
