import type { AgentKit } from './agent-kit.ts'
import type { AgentTask } from './agent-task.ts'
import { createApiIntegrator, readDraft } from './api-integrator.ts'
import { createRapidBuilder } from './rapid-builder.ts'
import { createReviewer } from './reviewer.ts'

/** The three reference agents, in the order in which they work on an item. */
export const agentNames = ['rapid-builder', 'api-integrator', 'reviewer'] as const
/** What a reference agent is called. */
export type AgentName = (typeof agentNames)[number]

/** Each agent as a function that does a task to its end and gives the agent's closing words. */
export type ReferenceAgents = Readonly<Record<AgentName, (task: AgentTask) => Promise<string>>>

/** The reference swarm, wrapped by the SDK. */
export function referenceAgents(kit: AgentKit): ReferenceAgents {
  const integrate = createApiIntegrator(kit)
  return {
    'rapid-builder': createRapidBuilder(kit),
    'api-integrator': async (task) => readDraft(await integrate(task)),
    reviewer: createReviewer(kit),
  }
}
