import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'

import { runbooksLabel, watchdog } from '../rules/watchdog.ts'
import { label, series } from '../series.ts'
import type { AgentChoice } from './panel.ts'
import { isSelectedAgent, ofJobs } from './selectors.ts'

/**
 * The data source that the variable `datasource` selects, so that a dashboard can show another
 * Prometheus.
 */
export const metricsSource = { type: 'prometheus', uid: '${datasource}' } as const

type Variable = DatasourceVariableBuilder | QueryVariableBuilder

const executions = (matchers: string, name: string): string => `label_values(${series.executions}${matchers}, ${name})`
const ofFleet = `${label.environment}=~"$environment", ${label.region}=~"$region"`

/**
 * Variables of a dashboard: agents and data source. The data source is hidden: most installations
 * have one, and with it the switches of the annotations and the links to the other dashboards would
 * not fit on a page of 1600 pixels.
 */
export function variables({ agents, uid }: { readonly agents: AgentChoice; readonly uid: string }): readonly Variable[] {
  const shared = [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus').hide(VariableHide.HideVariable),
    many('environment', 'Environment', executions('', label.environment)).allValue('.*'),
    many('region', 'Region', executions(`{${label.environment}=~"$environment"}`, label.region)).allValue('.*'),
  ]
  const runbooks =
    uid === 'swarm-overview'
      ? [
          // A series that an agent pushes has a job
          query(
            'runbooks',
            'Address of docs/runbooks',
            `label_values(ALERTS{alertname="${watchdog.alert}", job=""}, ${runbooksLabel})`,
          ).hide(VariableHide.HideVariable),
        ]
      : []
  if (agents === 'one') return [...shared, ...ofOneAgent()]
  const job = many('job', 'Job', executions(`{${ofFleet}}`, label.job)).allValue('.*')
  if (agents === 'none') return [...shared, job]
  return [...shared, job, many('agent', 'Agent', executions(ofJobs(), label.agent)).allValue('.*'), ...runbooks]
}

/**
 * One agent, the jobs that run it, and the service of these jobs, by which Jaeger finds its traces.
 * "All" jobs are those of the agent and not `.*`, so that the service is that of the agent.
 */
function ofOneAgent(): readonly Variable[] {
  return [
    query('agent', 'Agent', executions(`{${ofFleet}}`, label.agent)),
    many('job', 'Job', executions(`{${ofFleet}, ${isSelectedAgent(label.agent)}}`, label.job)),
    query('service', 'Traces of', `label_values(target_info${ofJobs()}, service_name)`),
  ]
}

/**
 * A variable for one, some or all values. With `.*` for all, series without the label are included.
 */
function many(name: string, title: string, values: string): QueryVariableBuilder {
  return query(name, title, values).multi(true).includeAll(true).current({ selected: true, text: 'All', value: '$__all' })
}

function query(name: string, title: string, values: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(metricsSource)
    .query(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
}
