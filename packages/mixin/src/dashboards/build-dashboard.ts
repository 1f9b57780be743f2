import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel as BuiltPanel,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard'

import { promql } from '../promql.ts'
import { buildPanel } from './build-panel.ts'
import { placed } from './layout.ts'
import { dashboardTag, otherDashboards } from './links.ts'
import type { AgentChoice, DashboardPlan } from './panel.ts'
import { ofAgents, ofJobs } from './selectors.ts'
import { metricsSource, variables } from './variables.ts'

/**
 * The dashboard as Grafana reads it from a file: the classic format (v1), because file provisioning
 * refuses the newer one. Rows and panels are numbered in their order.
 */
export function buildDashboard(plan: DashboardPlan): Dashboard {
  const { uid, title, description, hours } = plan
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([dashboardTag])
    .time({ from: hours % 24 === 0 ? `now-${hours / 24}d` : `now-${hours}h`, to: 'now' })
    .refresh(refreshEvery(hours))
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .link(otherDashboards())
  for (const variable of variables(plan)) builder.withVariable(variable)
  for (const annotation of dashboardAnnotations(plan)) builder.annotation(annotation)
  return { ...builder.build(), panels: panelsOf(plan) }
}

/** The text of its file: the same for the same plan. */
export function renderDashboard(plan: DashboardPlan): string {
  return `${JSON.stringify(buildDashboard(plan), null, 2)}\n`
}

/** About one refresh for each pixel of a graph: more would only add load. */
function refreshEvery(hours: number): string {
  const steps = [
    ['30m', 168],
    ['5m', 24],
    ['1m', 3],
  ] as const
  return steps.find(([, from]) => hours >= from)?.[0] ?? '30s'
}

/** A collapsed row contains its panels; those of an open row follow it. */
function panelsOf({ rows, agents }: DashboardPlan): (BuiltPanel | RowPanel)[] {
  let id = 0
  return placed(rows).flatMap(({ row, gridPos, isCollapsed, panels }): (BuiltPanel | RowPanel)[] => {
    const heading = { type: 'row' as const, id: (id += 1), title: row.title, collapsed: isCollapsed, gridPos }
    const built = panels.map((each) => ({ ...buildPanel(each.panel, { id: (id += 1), agents }).build(), gridPos: each.gridPos }))
    return isCollapsed ? [{ ...heading, panels: built }] : [{ ...heading, panels: [] }, ...built]
  })
}

/**
 * Annotations on all graphs of a dashboard, each a line at its start: critical alerts that match
 * the variables, and versions that did not exist five minutes before. Regions from start to end of
 * each alert would cover the graphs in red during an incident.
 *
 * Grafana evaluates them once for each `$__interval`, which is 10 minutes for a week, so each query
 * covers the whole interval.
 */
function dashboardAnnotations({ agents }: { readonly agents: AgentChoice }): readonly AnnotationQueryBuilder[] {
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
