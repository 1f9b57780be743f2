import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'
import { spanName } from '@swarmwatch/sdk/names'

import { label } from '../series.ts'
import type { AgentChoice } from './panel.ts'

/** Tag of all dashboards; the links between dashboards use it. */
export const dashboardTag = 'swarmwatch'

/** From a dashboard to the others: time range and variables go along. One menu, because three buttons do not fit beside the variables. */
export function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Boards')
    .type(DashboardLinkType.Dashboards)
    .tags([dashboardTag])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true)
}

/** Column of a table, mostly hidden, with the name by which Jaeger finds the traces of a row. */
export const serviceColumn = 'Service'

/**
 * Where the agent of a series, or of a row of a table, can be looked at more closely. Traces need to know the agent's service: a row
 * says it, and so does a board of one agent.
 */
export function agentLinks(
  within: 'series' | { readonly column: string; readonly hasRegion: boolean },
  agents: AgentChoice,
): readonly DashboardLinkBuilder[] {
  const isSeries = within === 'series'
  const read = (name: string, column: string): string =>
    `\${${isSeries ? `__field.labels.${name}` : `__data.fields["${column}"]`}:percentencode}`
  const agent = read(label.agent, isSeries ? '' : within.column)
  // A row of all regions leads to those that are chosen
  const region = isSeries || !within.hasRegion ? '${region:queryparam}' : `var-region=${read('', 'Region')}`
  const detail = new DashboardLinkBuilder('Detail of this agent').url(
    detailUrl(agent, read(label.environment, 'Environment'), region),
  )
  if (isSeries && agents !== 'one') return [detail]
  const service = isSeries ? '${service:percentencode}' : read('', serviceColumn)
  const range = { from: '${__from}', to: '${__to}' }
  const traces = new DashboardLinkBuilder('Traces of this agent in this time').url(
    `/explore?${searchOfTraces(agent, service, range)}`,
  )
  return [detail, traces]
}

function detailUrl(agent: string, environment: string, region: string): string {
  return `/d/agent-detail?var-agent=${agent}&var-environment=${environment}&\${datasource:queryparam}&${region}&\${__url_time_range}`
}

/** The name of the dashboard variable that filters by a label. */
export const variableOf: Readonly<Record<string, string>> = {
  [label.job]: 'job',
  [label.agent]: 'agent',
  [label.environment]: 'environment',
  [label.region]: 'region',
}

/** The data source of traces in `grafana/provisioning`. */
export const tracesSource = { type: 'jaeger', uid: 'traces' } as const

/**
 * Query string of Grafana's Explore: a search for the runs of an agent. The arguments are filled in by somebody else, encoded: what
 * stands in `${...}` or `{{...}}` goes out as it is.
 */
export function searchOfTraces(agent: string, service: string, range: { readonly from: string; readonly to: string }): string {
  const filledIn = [agent, service, range.from, range.to]
  // Within JSON the quotes of what is filled in would get a backslash
  const marked = (text: string): string => `@${filledIn.indexOf(text)}@`
  const panes = {
    traces: {
      datasource: tracesSource.uid,
      queries: [
        {
          refId: 'traces',
          datasource: tracesSource,
          queryType: 'search',
          service: marked(service),
          operation: spanName.agent(marked(agent)),
        },
      ],
      range: { from: marked(range.from), to: marked(range.to) },
    },
  }
  const encoded = encodeURIComponent(JSON.stringify(panes)).replaceAll(
    /%40(\d)%40/g,
    (_, index: string) => filledIn[Number(index)]!,
  )
  return `schemaVersion=1&panes=${encoded}`
}
