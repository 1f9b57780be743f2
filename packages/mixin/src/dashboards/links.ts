import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'

import { spanName } from '@swarmwatch/sdk/names'

import { label } from '../series.ts'
import { tracesSource } from './datasource.ts'

/** All dashboards carry it; the links between them go by it. */
export const dashboardTag = 'swarmwatch'

/** From a dashboard to the others: time range and variables go along. */
export function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Swarmwatch')
    .type(DashboardLinkType.Dashboards)
    .tags([dashboardTag])
    .keepTime(true)
    .includeVars(true)
}

/** Where the agent of a series, or of a row of a table, can be looked at more closely. */
export function agentLinks(within: 'series' | { readonly column: string }): readonly DashboardLinkBuilder[] {
  const agent = within === 'series' ? `__field.labels.${label.agent}` : `__data.fields["${within.column}"]`
  return [
    new DashboardLinkBuilder('Detail of this agent').url(detailUrl(`\${${agent}:percentencode}`)),
    new DashboardLinkBuilder('Traces of this agent in this time').url(tracesUrl(`\${${agent}:percentencode}`)),
  ]
}

function detailUrl(agent: string): string {
  const kept = ['datasource', 'environment', 'region', 'job'].map((name) => `\${${name}:queryparam}`)
  return `/d/agent-detail?var-agent=${agent}&${kept.join('&')}&\${__url_time_range}`
}

/** A search in Explore for the runs of an agent; Grafana fills in what stands in `${}`. */
function tracesUrl(agent: string): string {
  const query = {
    refId: 'traces',
    datasource: tracesSource,
    queryType: 'search',
    service: '${service:percentencode}',
    operation: spanName.agent(agent),
  }
  const panes = { traces: { datasource: tracesSource.uid, queries: [query], range: { from: '${__from}', to: '${__to}' } } }
  return `/explore?schemaVersion=1&panes=${encodedAround(JSON.stringify(panes))}`
}

/** Percent-encodes what is not a variable. */
function encodedAround(text: string): string {
  return text
    .split(/(\$\{[^}]*\})/)
    .map((part) => (part.startsWith('${') ? unescaped(part) : encodeURIComponent(part)))
    .join('')
}

// Within JSON the quotes of `__data.fields["..."]` stand with a backslash
function unescaped(variable: string): string {
  return variable.replaceAll('\\"', '"')
}
