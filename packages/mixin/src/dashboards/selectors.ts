import { variableOf } from '../annotations.ts'
import { agentLabels, fleetLabels, label } from '../series.ts'

/** `{...}` of the agents that the variables choose; `more` are matchers beside these. */
export function ofAgents(more = ''): string {
  return chosen(agentLabels, more)
}

/** The same for series of fleets, which have no job and no agent. */
export function ofFleets(more = ''): string {
  return chosen(fleetLabels, more)
}

/** The same for series of processes, which have no agent. */
export function ofJobs(more = ''): string {
  return chosen([label.job, ...fleetLabels], more)
}

/** The same for series of tools and models by the GenAI conventions, which name the agent by another label. */
export function ofToolsOfAgents(more = ''): string {
  return chosen([label.job, ...fleetLabels], [`${label.toolAgent}=~"$agent"`, more].filter((part) => part !== '').join(', '))
}

function chosen(labels: readonly string[], more: string): string {
  const matchers = labels.map((name) => `${name}=~"$${variableOf[name]}"`)
  return `{${[...matchers, more].filter((part) => part !== '').join(', ')}}`
}
