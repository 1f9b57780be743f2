import { variableOf } from '../annotations.ts'
import { promql } from '../promql.ts'
import { agentLabels, by, fleetLabels, label } from '../series.ts'
import type { PanelQuery } from './panel.ts'

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
  return chosen([label.job, ...fleetLabels], [isChosenAgent(label.toolAgent), more].filter((part) => part !== '').join(', '))
}

/**
 * Matcher of the chosen agents. Names of agents may contain anything: where one is chosen, Grafana would fill in `a.b(c)` as the regular
 * expression that it is not, and it escapes no quotes. `:regex` escapes the name, and between backticks PromQL takes it as it is.
 */
export function isChosenAgent(name: string): string {
  return `${name}=~\`\${${variableOf[label.agent]}:regex}\``
}

function chosen(labels: readonly string[], more: string): string {
  const matchers = labels.map((name) => (name === label.agent ? isChosenAgent(name) : `${name}=~"$${variableOf[name]}"`))
  return `{${[...matchers, more].filter((part) => part !== '').join(', ')}}`
}

/** `by (...)` and legend of an agent on a board: the same name in two environments is two agents. */
export const byAgentName: string = by(label.agent, label.environment)
export const agentName: string = `{{${label.agent}}} {{${label.environment}}}`
/** The same of a fleet. */
export const fleetName: string = `{{${label.environment}}} {{${label.region}}}`

const shown = 10
const restOf = { sum: 'others', max: 'others, highest' } as const

/**
 * The ten agents that a series is highest of over the range, and the rest in one line: their sum, or the highest of them where a sum has
 * no meaning. Who is among the ten is decided once, at the end of the range, so that lines do not come and go.
 */
export function topAgents(name: string, series: string, how: 'sum' | 'max', times = 1): Record<string, PanelQuery> {
  const ranked = promql`
    topk(
      ${shown},
      ${how} ${byAgentName} (
        avg_over_time(${series}[$__range] @ end())
      )
    )`
  const value = times === 1 ? `${how} ${byAgentName} (${series})` : `${times} * ${how} ${byAgentName} (${series})`
  const onName = `on (${label.agent}, ${label.environment})`
  return {
    [name]: {
      expr: promql`
        ${value}
        and ${onName}
        ${ranked}`,
      legend: agentName,
    },
    others: {
      expr: promql`
        ${how}(
          ${value}
          unless ${onName}
          ${ranked}
        )`,
      legend: restOf[how],
      isRest: true,
    },
  }
}
