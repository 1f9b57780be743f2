/** The reference swarm: three agents, the model, backlog and workspace that they need, and the loop that runs them. */
export { type AgentTask, taskNumberIn } from './agent.ts'
export { type BacklogItem, backlogItems, findItem } from './backlog.ts'
export { type ModelSettings, readModelSettings } from './model-settings.ts'
export { type AgentName, agentNames, type ReferenceAgents, referenceAgents } from './reference-agents.ts'
export { allRunsCounted, runSwarm, seededSchedule } from './run-swarm.ts'
export { startSwarmEnvironment, type SwarmEnvironment } from './swarm-environment.ts'
export type { Workspace } from './workspace.ts'
