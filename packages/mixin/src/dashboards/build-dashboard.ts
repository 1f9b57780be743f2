import { type Dashboard, DashboardBuilder, DashboardCursorSync, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'

import { buildPanel } from './build-panel.ts'
import { dashboardAnnotations } from './dashboard-annotations.ts'
import { dashboardTag, otherDashboards } from './links.ts'
import { type DashboardPlan, isByAgent } from './panel.ts'
import { variables } from './variables.ts'

/**
 * The dashboard as Grafana reads it from a file: the classic format (v1), because file provisioning refuses the newer one. Rows and
 * panels are numbered in their order.
 */
export function buildDashboard({ uid, title, description, from, rows }: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([dashboardTag])
    .time({ from, to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .link(otherDashboards())
  const opensTraces = rows.some(({ panels }) => panels.some(isByAgent))
  for (const variable of variables({ opensTraces })) builder.withVariable(variable)
  for (const annotation of dashboardAnnotations()) builder.annotation(annotation)
  let id = 0
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id((id += 1)))
    for (const panel of row.panels) builder.withPanel(buildPanel(panel, (id += 1)))
  }
  return builder.build()
}

/** The text of its file: the same for the same plan. */
export function renderDashboard(plan: DashboardPlan): string {
  return `${JSON.stringify(buildDashboard(plan), null, 2)}\n`
}
