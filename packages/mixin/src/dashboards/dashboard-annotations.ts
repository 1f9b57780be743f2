import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'

import { promql } from '../promql.ts'
import { metricsSource } from './datasource.ts'
import type { AgentChoice } from './panel.ts'
import { ofAgents, ofJobs } from './selectors.ts'

/**
 * What is drawn across all graphs of a dashboard, as one line at its start: critical alerts of what the variables choose, and versions
 * that were not there five minutes before. Regions from start to end of each alert would paint the graphs red during an incident.
 */
export function dashboardAnnotations({ agents }: { readonly agents: AgentChoice }): readonly AnnotationQueryBuilder[] {
  const critical = 'alertstate="firing", severity="critical"'
  const firing = agents === 'none' ? `ALERTS${ofJobs(critical)}` : `ALERTS${ofAgents(critical)}`
  const versions = (offset: string): string => `group by (job, service_version) (target_info${ofJobs()}${offset})`
  return [
    new AnnotationQueryBuilder()
      .name('Alerts')
      .datasource(metricsSource)
      .enable(true)
      .iconColor('red')
      .expr(promql`
        ${firing}
        unless
        ${firing} offset 1m`)
      .step('60s')
      .titleFormat('{{alertname}}')
      .textFormat('{{agent_name}} {{deployment_environment_name}} {{cloud_region}} {{job}}')
      .tagKeys('severity'),
    new AnnotationQueryBuilder()
      .name('Deployments')
      .datasource(metricsSource)
      .enable(true)
      .iconColor('blue')
      .expr(promql`
        ${versions('')}
        unless
        ${versions(' offset 1m')}
        unless
        ${versions(' offset 5m')}`)
      .step('60s')
      .titleFormat('Deployment of {{service_version}}')
      .textFormat('{{job}}')
      .tagKeys('job'),
  ]
}
