import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'

import { label, series } from '../series.ts'
import { metricsSource } from './datasource.ts'
import { ofJobs } from './selectors.ts'

type Variable = DatasourceVariableBuilder | QueryVariableBuilder

/** What can be chosen on every dashboard: the data source and whose agents; where links open traces, also whose. */
export function variables({ opensTraces }: { readonly opensTraces: boolean }): readonly Variable[] {
  const executions = (matchers: string, name: string): string => `label_values(${series.executions}${matchers}, ${name})`
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    many('environment', 'Environment', executions('', label.environment)),
    many('region', 'Region', executions(`{${label.environment}=~"$environment"}`, label.region)),
    many('job', 'Job', executions(`{${label.environment}=~"$environment", ${label.region}=~"$region"}`, label.job)),
    many('agent', 'Agent', executions(ofJobs(), label.agent)),
    ...(opensTraces ? [query('service', 'Traces of', `label_values(target_info${ofJobs()}, service_name)`)] : []),
  ]
}

/** One, some or all of them; `.*` also takes series without the label. */
function many(name: string, title: string, values: string): QueryVariableBuilder {
  return query(name, title, values)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' })
}

function query(name: string, title: string, values: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(metricsSource)
    .query(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
}
