import { spanName } from '@swarmwatch/sdk/names'

import { tracesSource } from './dashboards/datasource.ts'
import { agentLabels, fleetLabels, label } from './series.ts'
import type { Alert } from './rule.ts'

/**
 * What an alert tells people: what, which, how bad, since when, what to do and where to look. The addresses of the runbooks and of
 * Grafana are external labels of Prometheus, so that they can be set where it runs; they do not leave it (see prometheus.yaml).
 */
export function annotationsOf(alert: Alert): Readonly<Record<string, string>> {
  return {
    summary: alert.summary,
    description: alert.description + since(alert),
    runbook_url: `{{ $externalLabels.runbooks_url }}/${alert.alert}.md`,
    dashboard_url: `{{ $externalLabels.grafana_url }}/d/${alert.dashboard}?from=${from(alert)}&to=now${variables(alert)}`,
    ...(alert.identity.includes(label.agent) && { traces_url: tracesUrl(alert) }),
  }
}

/** Prometheus keeps the time at which an alert became pending as a series; at the first evaluation there is none yet. */
function since(alert: Alert): string {
  return `{{ with ${begun(alert, '')} }} Since {{ (. | first | value | toTime).Format "2006-01-02 15:04 MST" }}.{{ end }}`
}

/** Half an hour before it began, in milliseconds. */
function from(alert: Alert): string {
  return `{{ with ${begun(alert, ' * 1000 - 1800000')} }}{{ . | first | value | printf "%.0f" }}{{ else }}now-1h{{ end }}`
}

function begun({ alert, severity, identity }: Alert, arithmetic: string): string {
  const matchers = [`alertname="${alert}"`, `severity="${severity}"`, ...identity.map((name) => `${name}=%q`)]
  const values = identity.map((name) => ` $labels.${name}`).join('')
  return `printf \`ALERTS_FOR_STATE{${matchers.join(', ')}}${arithmetic}\`${values} | query`
}

/** The variables of the dashboards, set to what the alert speaks of. */
function variables({ identity, dashboard }: Alert): string {
  const shown = dashboard === 'pipeline' ? [] : identity.filter((name) => Object.hasOwn(variableOf, name))
  return shown.map((name) => `&var-${variableOf[name]}={{ $labels.${name} | urlquery }}`).join('')
}

/** The agent's runs from half an hour before the alert began until now. Jaeger knows a job by the name after its namespace. */
function tracesUrl(alert: Alert): string {
  const agent = `{{ $labels.${label.agent} | urlquery }}`
  const service = `{{ $labels.${label.job} | reReplaceAll "^.*/" "" | urlquery }}`
  return `{{ $externalLabels.grafana_url }}/explore?${searchOfTraces(agent, service, { from: from(alert), to: 'now' })}`
}

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

/** The name of the dashboard variable that filters by a label. */
export const variableOf: Readonly<Record<string, string>> = {
  [label.job]: 'job',
  [label.agent]: 'agent',
  [label.environment]: 'environment',
  [label.region]: 'region',
}

/** `{a="...", b="..."}` of the alert's own labels, for a query within a text. */
export function sameAgent(query: (matchers: string) => string): string {
  return within(query, agentLabels)
}

export function sameFleet(query: (matchers: string) => string): string {
  return within(query, fleetLabels)
}

function within(query: (matchers: string) => string, labels: readonly string[]): string {
  const matchers = labels.map((name) => `${name}=%q`).join(', ')
  return `printf \`${query(matchers)}\`${labels.map((name) => ` $labels.${name}`).join('')} | query`
}
