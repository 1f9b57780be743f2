import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'

import { promql } from '../promql.ts'
import { metricsSource } from './datasource.ts'
import { ofJobs } from './selectors.ts'

/** What is drawn across all graphs of a dashboard: alerts while they fire, and versions for five minutes from their first start on. */
export function dashboardAnnotations(): readonly AnnotationQueryBuilder[] {
  const versions = (offset: string): string => `group by (job, service_version) (target_info${ofJobs()}${offset})`
  return [
    new AnnotationQueryBuilder()
      .name('Alerts')
      .datasource(metricsSource)
      .enable(true)
      .iconColor('red')
      .expr('ALERTS{alertstate="firing", severity=~"critical|warning"}')
      .step('60s')
      .titleFormat('{{alertname}}')
      .textFormat('{{severity}} {{job}} {{agent_name}} {{cloud_region}}')
      .tagKeys('severity'),
    new AnnotationQueryBuilder()
      .name('Deployments')
      .datasource(metricsSource)
      .enable(true)
      .iconColor('blue')
      .expr(promql`
        ${versions('')}
        unless
        ${versions(' offset 5m')}`)
      .step('60s')
      .titleFormat('Deployment of {{service_version}}')
      .textFormat('{{job}}')
      .tagKeys('job'),
  ]
}
