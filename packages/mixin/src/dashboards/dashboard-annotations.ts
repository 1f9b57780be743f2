import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'

import { promql } from '../promql.ts'
import { metricsSource } from './datasource.ts'
import type { AgentChoice } from './panel.ts'
import { ofAgents, ofJobs } from './selectors.ts'

/**
 * What is drawn across all graphs of a dashboard, as one line at its start: critical alerts of what the variables choose, and versions
 * that were not there five minutes before. Regions from start to end of each alert would paint the graphs red during an incident.
 *
 * Grafana asks once for each `$__interval`, which is 10 minutes over a week: what began in between is seen because each question is about
 * all of the interval.
 */
export function dashboardAnnotations({ agents }: { readonly agents: AgentChoice }): readonly AnnotationQueryBuilder[] {
  const critical = 'alertstate="firing", severity="critical"'
  const firing = agents === 'none' ? `ALERTS${ofJobs(critical)}` : `ALERTS${ofAgents(critical)}`
  const versions = (window: string): string =>
    `group by (job, service_version) (present_over_time(target_info${ofJobs()}${window}))`
  return [
    new AnnotationQueryBuilder()
      .name('Alerts')
      .datasource(metricsSource)
      .enable(true)
      .iconColor('red')
      .expr(promql`
        present_over_time(${firing}[$__interval])
        unless
        present_over_time(${firing}[$__interval] offset $__interval)`)
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
        ${versions('[$__interval]')}
        unless
        ${versions('[5m] offset $__interval')}`)
      .step('60s')
      .titleFormat('Deployment of {{service_version}}')
      .textFormat('{{job}}')
      .tagKeys('job'),
  ]
}
