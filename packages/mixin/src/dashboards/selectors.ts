import { agentLabels, by, fleetLabels, label } from '../series.ts'
import { variableOf } from './links.ts'

/** `{...}` of the agents that the variables select; `more` are further matchers. */
export function ofAgents(more = ''): string {
  return matchersOf(agentLabels, more)
}

/** The same for series of fleets, which have no job and no agent. */
export function ofFleets(more = ''): string {
  return matchersOf(fleetLabels, more)
}

/** The same for series of processes, which have no agent. */
export function ofJobs(more = ''): string {
  return matchersOf([label.job, ...fleetLabels], more)
}

/**
 * The same for series of tools and models by the GenAI conventions, which name the agent by another
 * label.
 */
export function ofToolsOfAgents(more = ''): string {
  return matchersOf(
    [label.job, ...fleetLabels],
    [isSelectedAgent(label.toolAgent), more].filter((part) => part !== '').join(', '),
  )
}

/**
 * Matcher of the selected agents. An agent's name may contain any character: without `:regex`,
 * Grafana would insert the name `a.b(c)` as a regular expression, and it does not escape quotes.
 * PromQL does not change text between backticks.
 */
export function isSelectedAgent(name: string): string {
  return `${name}=~\`\${${variableOf[label.agent]}:regex}\``
}

function matchersOf(labels: readonly string[], more: string): string {
  const matchers = labels.map((name) => (name === label.agent ? isSelectedAgent(name) : `${name}=~"$${variableOf[name]}"`))
  return `{${[...matchers, more].filter((part) => part !== '').join(', ')}}`
}

/** `by (...)` and legend of an agent: the same name in two environments is two agents. */
export const byAgentName: string = by(label.agent, label.environment)
export const agentName: string = `{{${label.agent}}} {{${label.environment}}}`
/** The same of a fleet. */
export const fleetName: string = `{{${label.environment}}} {{${label.region}}}`
/** `by (...)` of an agent in a region of an environment, where the legend names the region. */
export const byAgentAndFleet: string = by(label.agent, label.environment, label.region)
