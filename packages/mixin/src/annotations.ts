import { chartAnnotations, jobAnnotation, runsAnnotation } from '@swarmwatch/config'

import { searchOfTraces, variableOf } from './dashboards/links.ts'
import type { Alert } from './rule.ts'
import { agentLabels, fleetLabels, label } from './series.ts'

/**
 * Annotations of an alert: summary, description, start time, and links to runbook, dashboard and
 * traces. The addresses of the runbooks and of Grafana are external labels of Prometheus, so that
 * its environment can set them; they do not leave it (see prometheus.yaml).
 */
export function annotationsOf(alert: Alert): Readonly<Record<string, string>> {
  return {
    summary: alert.summary,
    description: alert.description + since(alert),
    runbook_url: `{{ $externalLabels.runbooks_url }}/${alert.alert}.md`,
    dashboard_url: `{{ $externalLabels.grafana_url }}/d/${alert.dashboard}?from=${from(alert)}&to=now${variables(alert)}`,
    ...(alert.identity.includes(label.agent) && { traces_url: tracesUrl(alert) }),
    ...(isOfAllJobs(alert) && { [jobAnnotation]: busiestJob() }),
    ...(alert.runs !== undefined && { [runsAnnotation]: alert.runs }),
    ...chartOf(alert),
  }
}

/**
 * Prometheus keeps the time at which an alert became pending as a series; at the first evaluation
 * there is no such series yet.
 */
function since(alert: Alert): string {
  return `{{ with ${begun(alert, '')} }} Since {{ (. | first | value | toTime).Format "2006-01-02 15:04 MST" }}.{{ end }}`
}

/** Half an hour before the alert began, in milliseconds. */
function from(alert: Alert): string {
  return `{{ with ${begun(alert, ' * 1000 - 1800000')} }}{{ . | first | value | printf "%.0f" }}{{ else }}now-1h{{ end }}`
}

function begun({ alert, severity, identity }: Alert, arithmetic: string): string {
  const matchers = [`alertname="${alert}"`, `severity="${severity}"`, ...identity.map((name) => `${name}=%q`)]
  const values = identity.map((name) => ` $labels.${name}`).join('')
  return `printf \`ALERTS_FOR_STATE{${matchers.join(', ')}}${arithmetic}\`${values} | query`
}

/** The variables of the dashboard, set to the labels of the alert. */
function variables({ identity, dashboard }: Alert): string {
  const shown = dashboard === 'pipeline' ? [] : identity.filter((name) => Object.hasOwn(variableOf, name))
  return shown.map((name) => `&var-${variableOf[name]}={{ $labels.${name} | urlquery }}`).join('')
}

/**
 * The agent's runs from half an hour before the alert began until now; only those that failed, if
 * they explain the alert. Jaeger knows a job by the name after its namespace.
 */
function tracesUrl(alert: Alert): string {
  const agent = `{{ $labels.${label.agent} | urlquery }}`
  const name = ' | reReplaceAll "^.*/" "" | urlquery'
  const service = isOfAllJobs(alert) ? busiestJob(name) : `{{ $labels.${label.job}${name} }}`
  return `{{ $externalLabels.grafana_url }}/explore?${searchOfTraces(agent, service, { from: from(alert), to: 'now' }, { onlyFailed: (alert.runs ?? 'failed') === 'failed' })}`
}

/** Whether it is about an agent in all its jobs together. */
function isOfAllJobs({ identity }: Alert): boolean {
  return identity.includes(label.agent) && !identity.includes(label.job)
}

/** The job in which most executions of the agent were; it is no label, because another one would be another alert. */
function busiestJob(change = ''): string {
  const jobs = sameLabels([label.agent], (matchers) => `topk(1, last_over_time(agent:executions:increase1h{${matchers}}[2h]))`)
  return `{{ with ${jobs} }}{{ . | first | label "${label.job}"${change} }}{{ end }}`
}

function chartOf({ chart, identity }: Alert): Readonly<Record<string, string>> {
  if (chart === undefined) return {}
  const { query, title, unit, limit } = chart
  return {
    [chartAnnotations.query]: `{{ ${printed(identity, query)} }}`,
    [chartAnnotations.title]: title,
    [chartAnnotations.unit]: unit,
    ...(limit !== undefined && { [chartAnnotations.limit]: String(limit) }),
  }
}

/** A query inside a text, with matchers for the agent of the alert. */
export function sameAgent(query: (matchers: string) => string): string {
  return sameLabels(agentLabels, query)
}

/** A query inside a text, with matchers for the fleet of the alert. */
export function sameFleet(query: (matchers: string) => string): string {
  return sameLabels(fleetLabels, query)
}

/** A query inside a text, with matchers for these labels of the alert. */
export function sameLabels(labels: readonly string[], query: (matchers: string) => string): string {
  return `${printed(labels, query)} | query`
}

/** The query itself, as a command of a template. */
function printed(labels: readonly string[], query: (matchers: string) => string): string {
  const matchers = labels.map((name) => `${name}=%q`).join(', ')
  // Twice in a query, they need the numbers of their values
  const numbered = labels.map((name, index) => `${name}=%[${index + 1}]q`).join(', ')
  const once = query(matchers)
  const written = once.split(matchers).length > 2 ? query(numbered) : once
  return `printf \`${written}\`${labels.map((name) => ` $labels.${name}`).join('')}`
}
