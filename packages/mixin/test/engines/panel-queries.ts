import { buildDashboard } from '../../src/dashboards/build-dashboard.ts'
import { dashboardPlans } from '../../src/dashboards/dashboard-plans.ts'
import type { Panel, PanelQuery } from '../../src/dashboards/panel.ts'
import { label } from '../../src/series.ts'
import type { MixinSettings } from '../../src/settings.ts'

/** A query of a panel as Prometheus gets it: Grafana has filled in the variables. */
export interface AskedQuery {
  readonly dashboard: string
  readonly panel: string
  readonly name: string
  readonly expr: string
  /** Labels of the result that a legend or a column shows. */
  readonly labels: readonly string[]
}

/** Values of Grafana's variables, with everything selected and a range of an hour. */
const variables: Readonly<Record<string, string>> = {
  __rate_interval: '1m',
  __range: '1h',
  __interval: '1m',
  environment: '.*',
  region: '.*',
  job: '.*',
  agent: '.*',
  runbooks: 'http://runbooks.test',
}

function filledIn(text: string): string {
  return text.replaceAll(/\$(?:([a-z_]\w*)|\{(\w+):regex\})/g, (_, plain: string | undefined, escaped: string) => {
    const name = plain ?? escaped
    const value = variables[name]
    if (value === undefined) throw new Error(`no such variable: ${name}`)
    return value
  })
}

/** The queries of all panels. */
export function panelQueries(settings: MixinSettings): readonly AskedQuery[] {
  return dashboardPlans(settings).flatMap((plan) =>
    plan.rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        // The line for all others is empty with ten agents or fewer
        shownQueries(panel).map(([name, { expr, legend }]) => ({
          dashboard: plan.title,
          panel: panel.title,
          name,
          expr: filledIn(expr),
          labels: [
            ...[...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, shown]) => shown!),
            // Links to the agent need it
            ...(panel.shows === 'graph' && panel.isByAgent ? [label.agent] : []),
            ...(panel.shows === 'table' ? columnsOf(panel, name) : []),
          ],
        })),
      ),
    ),
  )
}

function shownQueries({ queries }: Panel): [string, PanelQuery][] {
  return Object.entries(queries).filter(([, { isRest = false }]) => !isRest)
}

/**
 * Columns that every query of a table answers: those of one query alone are looked for in its
 * answer only.
 */
function columnsOf({ columns }: Panel & { readonly shows: 'table' }, query: string): readonly string[] {
  const own = ['service', 'job', 'rank', 'runbook', 'service_version', 'alertname', label.region]
  const fields = Object.keys(columns).filter((field) => !/^(Value|Trend)/.test(field))
  return fields.filter((field) => !own.includes(field) || ['services', 'firing', 'processes'].includes(query))
}

/** The queries behind variables and annotations, which are the same on all dashboards. */
export function frameQueries(settings: MixinSettings): readonly string[] {
  const [plan] = dashboardPlans(settings)
  const { annotations, templating } = buildDashboard(plan!)
  const values = (templating?.list ?? []).flatMap(({ query }) => {
    const [, selector] = /^label_values\((.*), \w+\)$/.exec(typeof query === 'string' ? query : '') ?? []
    return selector === undefined ? [] : [selector]
  })
  return [...values, ...(annotations?.list ?? []).map(({ expr }) => expr ?? '')].map(filledIn)
}
