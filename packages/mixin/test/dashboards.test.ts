import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { root } from './engines/stack-files.ts'
import { metricNames } from './metric-names.ts'
import { panelsWithoutData } from './panels-without-data.ts'
import { buildDashboard } from '../src/dashboards/build-dashboard.ts'
import { dashboardPlans } from '../src/dashboards/dashboard-plans.ts'
import { readSettings } from '../src/settings.ts'

console.log(
  'Grafana itself cannot run here: the dashboards are checked by rule, their queries in Prometheus (engines/reference-run.test.ts)',
)

const plans = dashboardPlans(readSettings(join(root, 'config/production.yaml')))

/** The parts of a panel's JSON that are looked at. */
interface BuiltPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: unknown
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string; readonly thresholds?: object } }
  readonly options?: {
    readonly legend?: { readonly showLegend: boolean }
    readonly reduceOptions?: { readonly calcs: readonly string[] }
  }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

test('there are four, the home dashboard first', () => {
  expect(plans.map(({ uid, title }) => `${uid}: ${title}`)).toEqual([
    'swarm-overview: Swarm overview',
    'agent-detail: Agent detail',
    'cost-and-capacity: Cost and capacity',
    'pipeline: Pipeline',
  ])
})

test('the first row of the overview answers with the five key numbers', () => {
  expect(plans[0]?.rows[0]?.panels.map(({ shows, title }) => `${shows}: ${title}`)).toEqual([
    'number: How healthy is the swarm?',
    'number: What share of the runs fails?',
    'number: How many agents are active?',
    'number: How long does a run take?',
    'number: How busy is the busiest process?',
  ])
})

test('docs/dashboards.md names them, and the panels that show nothing, with the reason', () => {
  // Without the blanks that align the columns
  const page = readFileSync(join(root, 'docs/dashboards.md'), 'utf8').replaceAll(/ +/g, ' ')
  for (const { title, uid, description } of plans) {
    expect(page).toContain(`| ${title} (\`/d/${uid}\``)
    expect(page).toContain(description.replace(/ Choose it above\.$/, ''))
  }
  const listed = page
    .slice(page.indexOf('| panel | why |'))
    .split('\n')
    .slice(2)
    .filter((line) => line !== '')
  expect(listed).toEqual(Object.entries(panelsWithoutData).map(([panel, reason]) => `| ${panel} | ${reason} |`))
})

describe.each(plans.map((plan) => [plan.title, plan] as const))('%s', (_title, plan) => {
  const dashboard = buildDashboard(plan)
  const all = dashboard.panels as unknown as readonly BuiltPanel[]
  const panels = all.filter(({ type }) => type !== 'row')
  const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr, refId }) => ({ title, expr, refId })))

  test('is of the classic format, has a fixed address and cannot be changed in the browser', () => {
    expect(dashboard).toMatchObject({ uid: plan.uid, schemaVersion: 42, editable: false, tags: ['swarmwatch'] })
    // The newer format has these; Grafana 13 refuses it in files
    expect(dashboard).not.toHaveProperty('elements')
    expect(dashboard).not.toHaveProperty('spec')
    expect(dashboard).not.toHaveProperty('id')
  })

  test('chooses data source, environment, region, job and agent, and asks only with variables that it has', () => {
    const names = (dashboard.templating?.list ?? []).map(({ name }) => name)
    const forTraces = plan.uid === 'pipeline' ? [] : ['service']
    expect(names).toEqual(['datasource', 'environment', 'region', 'job', 'agent', ...forTraces])
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!)
    expect([...new Set(used)].filter((name) => !name.startsWith('__') && !names.includes(name))).toEqual([])
    for (const name of names) expect(used, name).toContain(name)
  })

  test('marks alerts and deployments', () => {
    expect((dashboard.annotations?.list ?? []).map(({ name }) => name)).toEqual(['Alerts', 'Deployments'])
  })

  test('panels have numbers of their own and do not lie on each other', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const { title, gridPos } of all) expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
    const overlaps = all.flatMap((one, index) =>
      all
        .slice(index + 1)
        .filter((other) => overlap(one.gridPos, other.gridPos))
        .map((other) => `${one.title} / ${other.title}`),
    )
    expect(overlaps).toEqual([])
  })

  test('every panel is a question with a description, a unit, colors, a legend and a query with a name', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    for (const { title, description = '', fieldConfig, options, targets = [], type } of panels) {
      expect(title).toMatch(/^(How|What|Which|Why|When|Where|Does|Do|Is|Are|Who)\b.*\?$/)
      expect(description, title).toMatch(/^[A-Z0-9].{30,}\.$/)
      expect(fieldConfig?.defaults.unit, title).toMatch(/\w/)
      expect(fieldConfig?.defaults.thresholds, title).toHaveProperty('steps')
      expect(targets.map(({ refId }) => refId).join(' '), title).toMatch(/^\w+( \w+)*$/)
      if (type === 'timeseries') expect(options?.legend?.showLegend, title).toBe(true)
      if (type === 'stat') expect(options?.reduceOptions?.calcs, title).toEqual(['lastNotNull'])
    }
  })

  test('panels ask the chosen data source', () => {
    for (const { title, datasource } of panels) {
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' })
    }
  })

  test('counters are read by rate() and increase() only, over $__rate_interval where no alert has a window of its own', () => {
    for (const { title, expr } of queries) {
      // Presence and age of a series are no values
      const bare = expr.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\bgroup(?: by \([^)]*\))? ?\(\w+\)|\btimestamp\(\w+\)/g, '')
      const counters = metricNames(bare).filter((name) => !name.includes(':') && /_(total|sum|count|bucket)$/.test(name))
      for (const counter of counters) {
        const reads = [...bare.matchAll(new RegExp(`(\\w+\\()?${counter}(\\[[^\\]]*\\])?`, 'g'))]
        for (const [, by, window] of reads) {
          expect(['rate(', 'increase('], `${title}: ${counter}`).toContain(by)
          expect(['[$__rate_interval]', '[$__range]', '[5m]'], `${title}: ${counter}`).toContain(window)
        }
      }
    }
  })

  test('a link from an agent leads to its dashboard and its traces, in the same time', () => {
    const urls = [...JSON.stringify(dashboard).matchAll(/"url":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, url]) => JSON.parse(`"${url}"`) as string,
    )
    const [detail, traces] = [urls.filter((url) => url.startsWith('/d/')), urls.filter((url) => url.startsWith('/explore'))]
    if (plan.uid !== 'pipeline') expect(detail.length).toBeGreaterThan(0)
    for (const url of detail) {
      expect(url).toMatch(/^\/d\/agent-detail\?var-agent=\$\{__(field|data)[^}]*:percentencode\}&/)
      expect(url).toContain('${__url_time_range}')
    }
    for (const url of traces) {
      const agent = /invoke_agent%20(\$\{[^}]*\})/.exec(url)?.[1]
      expect(agent).toMatch(/^\$\{__(field\.labels\.agent_name|data\.fields\["Agent"\]):percentencode\}$/)
      const panes = decodeURIComponent(
        new URL(url.replaceAll(/\$\{[^}]*\}/g, 'X'), 'http://grafana.test').searchParams.get('panes')!,
      )
      expect(JSON.parse(panes)).toEqual({
        traces: {
          datasource: 'traces',
          queries: [
            {
              refId: 'traces',
              datasource: { type: 'jaeger', uid: 'traces' },
              queryType: 'search',
              service: 'X',
              operation: 'invoke_agent X',
            },
          ],
          range: { from: 'X', to: 'X' },
        },
      })
    }
    expect(traces.length).toBe(detail.length)
  })
})

type GridPos = BuiltPanel['gridPos']
function overlap(one: GridPos, other: GridPos): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h
}
