import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { root } from '../engines/stack-files.ts'
import { metricNames } from './metric-names.ts'
import { panelsWithoutData } from './panels-without-data.ts'
import { buildDashboard } from '../src/dashboards/build-dashboard.ts'
import { dashboardPlans } from '../src/dashboards/dashboard-plans.ts'
import { placed } from '../src/dashboards/layout.ts'
import { readMixinSettings } from '../src/settings.ts'

console.log(
  'Grafana itself cannot run here: the dashboards are checked by rule, and by its own code on answers of Prometheus (engines/boards.test.ts)',
)

const plans = dashboardPlans(readMixinSettings(join(root, 'config/production.yaml')))

/** The parts of a panel's JSON that are looked at. */
interface BuiltPanel {
  readonly id: number
  readonly type: string
  readonly collapsed?: boolean
  readonly panels?: readonly BuiltPanel[]
  readonly title: string
  readonly description?: string
  readonly datasource?: unknown
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null; readonly color: string }[] }
      readonly custom?: { readonly axisSoftMax?: number; readonly axisSoftMin?: number }
      readonly max?: number
    }
  }
  readonly options?: {
    readonly legend?: { readonly showLegend: boolean }
    readonly reduceOptions?: { readonly calcs: readonly string[] }
  }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

test('there are four dashboards, the home dashboard first', () => {
  expect(plans.map(({ uid, title }) => `${uid}: ${title}`)).toEqual([
    'swarm-overview: Swarm overview',
    'agent-detail: Agent detail',
    'cost-and-capacity: Cost and capacity',
    'pipeline: Pipeline',
  ])
})

test('the first row of the overview has a large tile of health, its change, and the key numbers', () => {
  const [first] = plans[0]!.rows
  expect(first!.panels.map(({ shows, title, span, height = 4 }) => `${shows}: ${title} ${span}x${height}`)).toEqual([
    'number: How healthy is the swarm? 6x8',
    'number: How many runs fail? 6x4',
    'number: How long does a run take? 6x4',
    'number: How many agents are active? 6x4',
    'number: How did health change? 6x4',
    'number: How busy are processes? 6x4',
    'number: How many alerts fire? 6x4',
  ])
  expect(first!.panels[0]).toMatchObject({ hasTrend: true })
})

test('docs/dashboards.md lists the dashboards, and the panels that show nothing with the reason', () => {
  // Without the blanks that align the columns
  const page = readFileSync(join(root, 'docs/dashboards.md'), 'utf8').replaceAll(/ +/g, ' ')
  for (const { title, uid, description } of plans) {
    expect(page).toContain(`| ${title} (\`/d/${uid}\``)
    expect(page).toContain(description.replace(/ Select it above\.$/, ''))
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
  const top = dashboard.panels as unknown as readonly BuiltPanel[]
  const all = top.flatMap((panel) => [panel, ...(panel.panels ?? [])])
  const panels = all.filter(({ type }) => type !== 'row')
  const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr, refId }) => ({ title, expr, refId })))

  test('is of the classic format, has a fixed address and cannot be changed in the browser', () => {
    expect(dashboard).toMatchObject({ uid: plan.uid, schemaVersion: 42, editable: false, tags: ['swarmwatch'] })
    // The newer format has these; Grafana 13 refuses it in files
    expect(dashboard).not.toHaveProperty('elements')
    expect(dashboard).not.toHaveProperty('spec')
    expect(dashboard).not.toHaveProperty('id')
  })

  test('has variables for data source, environment, region, job and agent, and its queries use no other variables', () => {
    const names = (dashboard.templating?.list ?? []).map(({ name }) => name)
    const others: Readonly<Record<string, readonly string[]>> = {
      'swarm-overview': ['job', 'agent', 'runbooks'],
      'agent-detail': ['agent', 'job', 'service'],
      'cost-and-capacity': ['job', 'agent'],
      pipeline: ['job'],
    }
    expect(names).toEqual(['datasource', 'environment', 'region', ...others[plan.uid]!])
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z_]\w*)/g)].map(([, name]) => name!)
    expect([...new Set(used)].filter((name) => !name.startsWith('__') && !names.includes(name))).toEqual([])
    for (const name of names) expect(used, name).toContain(name)
  })

  test('leaves room for the annotation switches and the links to the other dashboards', () => {
    const shown = (dashboard.templating?.list ?? []).filter(({ hide }) => hide !== 2).map(({ name }) => name)
    expect(shown.length).toBeLessThanOrEqual(5)
    expect(dashboard.links).toMatchObject([{ type: 'dashboards', asDropdown: true, includeVars: true, keepTime: true }])
  })

  test('refreshes about as often as a graph of its range can change', () => {
    const every: Readonly<Record<string, string>> = { 1: '30s', 3: '1m', 168: '30m' }
    expect(dashboard.refresh).toBe(every[plan.hours])
  })

  test('marks alerts and deployments', () => {
    expect((dashboard.annotations?.list ?? []).map(({ name }) => name)).toEqual(['Alerts', 'Deployments'])
  })

  test('annotations mark the start of critical alerts of the selected agents, and never a region', () => {
    const [alerts, deployments] = (dashboard.annotations?.list ?? []).map(({ expr = '' }) => expr)
    expect(alerts).toMatch(/severity="critical"/)
    expect(alerts).toMatch(/environment_name=~"\$environment".*unless.*\[\$__interval\] offset \$__interval\)$/s)
    if (plan.agents !== 'none') expect(alerts).toContain('agent_name=~`${agent:regex}`')
    expect(deployments).toMatch(/\[\$__interval\].*unless.*\[5m\] offset \$__interval\)\)$/s)
  })

  test('rows have no gaps, and those that end below the visible page are collapsed', () => {
    for (const { row, panels: placedPanels, isCollapsed } of placed(plan.rows)) {
      const bottom = Math.max(...placedPanels.map(({ gridPos: { y, h } }) => y + h))
      const top = Math.min(...placedPanels.map(({ gridPos: { y } }) => y))
      const area = placedPanels.reduce((sum, { gridPos: { w, h } }) => sum + w * h, 0)
      expect(area, `the panels of the row "${row.title}" must fill the width of 24`).toBe(24 * (bottom - top))
      expect(isCollapsed, row.title).toBe(top > 1 && bottom > 28)
    }
    expect(placed(plan.rows)[0]!.isCollapsed).toBe(false)
    expect(top.filter(({ collapsed }) => collapsed === false).length).toBeGreaterThanOrEqual(1)
  })

  test('a limit lies within its axis, and an axis of shares does not always reach 100%', () => {
    for (const { title, type, fieldConfig } of panels.filter(({ type }) => type === 'timeseries')) {
      const { thresholds, custom, max } = fieldConfig!.defaults
      const values = thresholds!.steps.map(({ value }) => value).filter((value) => value !== null)
      expect(max, `${title} ${type}`).toBeUndefined()
      for (const value of values) {
        expect(Math.abs(value), title).toBeLessThan(custom!.axisSoftMax!)
        if (value < 0) expect(value, title).toBeGreaterThan(custom!.axisSoftMin!)
      }
    }
  })

  test('a number is green, orange or red only if it has a limit', () => {
    const limited = plan.rows.flatMap((row) => row.panels).filter(({ limits }) => limits !== undefined)
    for (const { title, fieldConfig } of panels.filter(({ type }) => type === 'stat')) {
      const colors = fieldConfig!.defaults.thresholds!.steps.map(({ color }) => color)
      if (limited.some((panel) => panel.title === title)) expect(colors.length, title).toBeGreaterThan(1)
      else expect(colors, title).toEqual(['text'])
    }
  })

  test('the highest lines are selected once for the range', () => {
    const ranking = queries.filter(({ expr }) => /\btopk\b/.test(expr) && !/\btopk by\b/.test(expr))
    for (const { title, expr } of ranking) expect(expr, title).toContain('@ end()')
  })

  test('panels have unique ids and do not overlap', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const { title, gridPos } of all) expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
    const overlaps = top.flatMap((one, index) =>
      top
        .slice(index + 1)
        .filter((other) => overlap(one.gridPos, other.gridPos))
        .map((other) => `${one.title} / ${other.title}`),
    )
    expect(overlaps).toEqual([])
  })

  test('the title of every panel is a question that fits, and every panel has a description, a unit, colors and named queries', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    for (const { title, description = '', fieldConfig, options, targets = [], type, gridPos } of panels) {
      expect(title).toMatch(/^(How|What|Which|Why|When|Does|Did|Is|Are) [\w-]+,?( [\w-]+,?)*\?$/)
      expect(widthOfTitle(title), title).toBeLessThan(roomForTitle(gridPos.w))
      expect(description, title).toMatch(/^[A-Za-z0-9].{30,}\.$/)
      // In a table the unit is a column's: of the table it would be the unit of the text too
      if (type === 'table') expect(fieldConfig?.defaults, title).not.toHaveProperty('unit')
      else expect(fieldConfig?.defaults.unit, title).toMatch(/\w/)
      expect(fieldConfig?.defaults.thresholds, title).toHaveProperty('steps')
      expect(targets.map(({ refId }) => refId).join(' '), title).toMatch(/^\w+( \w+)*$/)
      if (type === 'timeseries') expect(options?.legend?.showLegend, title).toBe(true)
      if (type === 'stat') expect(options?.reduceOptions?.calcs, title).toEqual(['last'])
    }
  })

  test('panels query the selected data source', () => {
    for (const { title, datasource } of panels) {
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' })
    }
  })

  test('counters are read by rate() and increase() only, over $__rate_interval where no alert has a window of its own', () => {
    for (const { title, expr } of queries) {
      // Presence and age of a series are no values
      const bare = expr
        .replaceAll('${agent:regex}', '')
        .replaceAll(/\{[^}]*\}/g, '')
        .replaceAll(/\bgroup(?: by \([^)]*\))? ?\(\w+\)|\btimestamp\(\w+\)/g, '')
      const counters = metricNames(bare).filter((name) => !name.includes(':') && /_(total|sum|count|bucket)$/.test(name))
      for (const counter of counters) {
        const reads = [...bare.matchAll(new RegExp(`(\\w+\\()?${counter}(\\[[^\\]]*\\])?`, 'g'))]
        for (const [, by, window] of reads) {
          expect(['rate(', 'increase('], `${title}: ${counter}`).toContain(by)
          expect(['[$__rate_interval]', '[$__range]', '[5m]', '[1h]'], `${title}: ${counter}`).toContain(window)
        }
      }
    }
  })

  test('a link from an agent leads to its dashboard and its traces, in the same time range', () => {
    const urls = [...JSON.stringify(dashboard).matchAll(/"url":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, url]) => JSON.parse(`"${url}"`) as string,
    )
    const [detail, traces] = [urls.filter((url) => url.startsWith('/d/')), urls.filter((url) => url.startsWith('/explore'))]
    if (plan.uid !== 'pipeline') expect(detail.length).toBeGreaterThan(0)
    for (const url of detail) {
      expect(url).toMatch(/^\/d\/agent-detail\?var-agent=\$\{__(field|data)[^}]*:percentencode\}&var-environment=\$\{__/)
      expect(url).toContain('${__url_time_range}')
      expect(url).toMatch(/&\$\{region:queryparam\}&|&var-region=\$\{__data\.fields\["Region"\]:percentencode\}&/)
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
    // Whose traces they are is known in a row, and on the board of one agent
    if (plan.agents === 'one') expect(traces.length).toBe(detail.length)
    const services = traces.map((url) => /service%22%3A%22(\$\{[^}]*\})/.exec(url)?.[1])
    const known = plan.agents === 'one' ? '${service:percentencode}' : '${__data.fields["Service"]:percentencode}'
    expect([...new Set(services)]).toEqual(plan.agents === 'none' ? [] : [known])
  })
})

/** Pixels of a title in Grafana's font (14 px, medium), a little more than it needs. */
function widthOfTitle(title: string): number {
  const wide = title.replaceAll(/[^mwMW]/g, '').length
  const narrow = title.replaceAll(/[^ijltf .-]/g, '').length
  return title.length * 7.8 + wide * 4 - narrow * 3
}

/**
 * Pixels for a title at 1600 x 900: next to the navigation, without the margins, the icon of the
 * description and the menu.
 */
function roomForTitle(span: number): number {
  return (span / 24) * (1600 - 330) - 8 - 16 - 28 - 32
}

type GridPos = BuiltPanel['gridPos']
function overlap(one: GridPos, other: GridPos): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h
}
