import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'
import { spanName } from '@swarmwatch/sdk/names'

import { label } from '../series.ts'
import type { AgentChoice } from './panel.ts'

/** Tag of all dashboards; the links between dashboards use it. */
export const dashboardTag = 'swarmwatch'

/**
 * A menu with the other dashboards; the links keep the time range and the variables. One menu,
 * because three buttons do not fit next to the variables.
 */
export function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Boards')
    .type(DashboardLinkType.Dashboards)
    .tags([dashboardTag])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true)
}

/** A column, usually hidden, with the name by which Jaeger finds the traces of a row. */
export const serviceColumn = 'Service'

/**
 * Links from the agent of a series, or of a row of a table, to its dashboard and traces. A link to
 * traces needs the agent's service: a row of a table contains it, and so do the variables of a
 * dashboard of one agent.
 */
export function agentLinks(
  within: 'series' | { readonly column: string; readonly hasRegion: boolean },
  agents: AgentChoice,
): readonly DashboardLinkBuilder[] {
  const isSeries = within === 'series'
  const read = (name: string, column: string): string =>
    `\${${isSeries ? `__field.labels.${name}` : `__data.fields["${column}"]`}:percentencode}`
  const agent = read(label.agent, isSeries ? '' : within.column)
  // A row without a region links to the selected regions
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
 * Query string of Grafana's Explore: a search for the runs of an agent, or only for those that failed. The arguments are
 * expressions in `${...}` or `{{...}}`, which Grafana or Prometheus replaces by encoded values;
 * they stay unchanged.
 */
export function searchOfTraces(
  agent: string,
  service: string,
  range: { readonly from: string; readonly to: string },
  { onlyFailed = false }: { readonly onlyFailed?: boolean } = {},
): string {
  const filledIn = [agent, service, range.from, range.to]
  // Inside JSON, quotes in an expression would get a backslash
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
          ...(onlyFailed && { tags: 'error=true' }),
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
