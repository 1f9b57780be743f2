import { join } from 'node:path'

import { otherName } from '@swarmwatch/sdk/names'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasDocker } from './docker.ts'
import { type CrowdedPrometheus, crowdedPrometheus } from '../../engines/crowded-prometheus.ts'
import { root } from '../../engines/stack-files.ts'
import { query, queryRange } from '../../engines/run-engines.ts'
import { type Answer, type Grafana, loadGrafana, type Shown, type ShownField, type ShownPanel } from '../grafana/grafana.ts'
import { installGrafana } from '../grafana/install.ts'
import { buildDashboard } from '../../src/dashboards/build-dashboard.ts'
import { dashboardPlans } from '../../src/dashboards/dashboard-plans.ts'
import type { Panel } from '../../src/dashboards/panel.ts'
import { readMixinSettings } from '../../src/settings.ts'

const whyNot = hasDocker ? installGrafana() : 'Docker is not available'
if (whyNot !== undefined) console.log(`What Grafana makes of the answers is not tested: ${whyNot}`)

/**
 * Values of the variables, and the number of agents that they select. Prometheus itself is minutes
 * old.
 */
const scenes = [
  { name: 'one agent', environment: 'solo', agents: 1 },
  { name: '20 agents', environment: 'twenty', agents: 20 },
  { name: '100 agents', environment: 'hundred', agents: 100 },
  { name: 'the same 20 names in two environments', environment: '(twenty|twins)', agents: 40 },
  { name: 'no agents at all', environment: 'nowhere', agents: 0 },
] as const satisfies readonly Scene[]
interface Scene {
  readonly name: string
  readonly environment: string
  readonly agents: number
}

interface BuiltPanel extends ShownPanel {
  readonly panels?: readonly BuiltPanel[]
  readonly gridPos: { readonly w: number }
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly instant?: boolean }[]
}

const plans = dashboardPlans(readMixinSettings(join(root, 'config/production.yaml')))
const boards = plans.map((plan) => {
  const built = buildDashboard(plan).panels as unknown as readonly BuiltPanel[]
  const panels = built.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]))
  const planned = plan.rows.flatMap((row) => row.panels)
  return { plan, panels: panels.map((panel, index) => ({ panel, plan: planned[index]! })) }
})

describe.skipIf(whyNot !== undefined)('in Grafana', () => {
  let crowd: CrowdedPrometheus
  let grafana: Grafana
  beforeAll(async () => {
    grafana = loadGrafana()
    crowd = await crowdedPrometheus([
      { environment: 'solo', agents: 1 },
      { environment: 'twins', agents: 20 },
      { environment: 'twenty', agents: 20 },
      { environment: 'special', agents: specialNames.length, names: specialNames },
      { environment: 'hundred', agents: 100 },
    ])
  })
  afterAll(async () => crowd?.close())

  for (const { plan, panels } of boards) {
    for (const scene of scenes) {
      test(`every panel of ${plan.title} is readable with ${scene.name}`, async () => {
        const problems = async (): Promise<string[]> => {
          await crowd.send()
          const found: string[] = []
          for (const each of panels) {
            const answers = await answersTo(crowd, each.panel, scene, plan.agents === 'one', plan.hours)
            const shown = await grafana.show(each.panel, answers)
            found.push(...problemsOf(each.panel, each.plan, shown, scene).map((problem) => `${each.panel.title}: ${problem}`))
          }
          return found
        }
        // A rule that reads another rule's result has its own a moment later
        await expect.poll(problems, { interval: 1000 }).toEqual([])
      })
    }
  }

  test('the table of agents has a row for each, the alerts are the worst first, and a share is a share', async () => {
    const [overview] = boards
    const shown = async (title: string, scene: Scene): Promise<Shown> => {
      const { panel } = overview!.panels.find(({ panel }) => panel.title === title)!
      return grafana.show(panel, await answersTo(crowd, panel, scene, false, 1))
    }
    const everything = scenes[3]
    const [table] = (await shown('Which agents need attention?', everything)).frames
    expect(table!.find(({ name }) => name === 'Agent')!.values).toHaveLength(everything.agents)
    expect(table!.find(({ name }) => name === 'Service')!.values.every(({ text }) => text === 'agent-worker')).toBe(true)
    expect(table!.find(({ name }) => name === 'Failed')!.values[0]!.text).toMatch(/^\d+(\.\d+)?%$/)
    const [alerts] = (await shown('Which alerts are firing, and since when?', everything)).frames
    const cells = (name: string): string[] => alerts!.find((field) => field.name === name)!.values.map(({ text }) => text)
    expect(new Set(cells('Severity'))).toEqual(
      new Set(['critical', 'warning', 'info'].filter((word) => cells('Severity').includes(word))),
    )
    expect(cells('Region')).toContain('eu-central-1')
    expect(cells('Since').every((text) => text.endsWith('ago'))).toBe(true)
    const runbooks = alerts!.find(({ name }) => name === 'Runbook')!.values
    expect(new Set(runbooks.map(({ text }) => text))).toEqual(new Set(['Open']))
    expect(runbooks.every(({ raw }) => /^http:\/\/runbooks\.test\/\w+\.md$/.test(raw as string))).toBe(true)
  })

  test('the address of the runbooks comes from Prometheus, and without an address there is no column of links', async () => {
    const watchdog = await query(crowd.prometheus, 'ALERTS{alertname="Watchdog"}')
    expect(watchdog.map(({ metric }) => metric['runbooks_url'])).toEqual(['http://runbooks.test'])
    const { panel } = boards[0]!.panels.find(({ panel }) => panel.title === 'Which alerts are firing, and since when?')!
    const answers = await answersTo(crowd, panel, scenes[0], false, 1, { runbooks: '' })
    const [alerts] = (await grafana.show(panel, answers)).frames
    expect(alerts!.map(({ name }) => name)).toContain('Since')
    expect(alerts!.map(({ name }) => name)).not.toContain('Runbook')
  })

  test.for(specialNames.map((name) => [name]))('the dashboard of one agent shows %s and no other agent', async ([name]) => {
    await crowd.send()
    const one = boards.find(({ plan }) => plan.agents === 'one')!
    const { panel } = one.panels.find(({ panel }) => panel.title === 'When did runs fail?')!
    const end = Math.floor(Date.now() / 1000)
    const all = { value: '.*', isRaw: true }
    const variables = { agent: { value: name! }, environment: { value: 'special', isMulti: true }, region: all, job: all }
    const answer = await query(crowd.prometheus, grafana.fillIn(panel.targets[0]!.expr, variables), end)
    expect(answer.map(({ metric }) => metric['agent_name'])).toEqual([name])
    const many = { ...variables, agent: { value: name!, isMulti: true } }
    const active = boards[0]!.panels.find(({ panel }) => panel.title === 'How many agents are active?')!.panel
    expect((await query(crowd.prometheus, grafana.fillIn(active.targets[0]!.expr, many), end))[0]?.value?.[1]).toBe('1')
  })
})

/** Names that variables and links must support. */
const specialNames = ['a.b(c)', 'axb(c)', 'it\'s "so" [1]', 'back\\slash & 100%', 'x'.repeat(120), otherName]

/** Results of Prometheus for each query of a panel, with Grafana's variables filled in. */
async function answersTo(
  { prometheus }: CrowdedPrometheus,
  { targets }: BuiltPanel,
  { environment }: Scene,
  isOfOneAgent: boolean,
  hours: number,
  chosen: Readonly<Record<string, string>> = {},
): Promise<Record<string, Answer>> {
  const values: Readonly<Record<string, string>> = {
    __rate_interval: '1m',
    __range: `${hours}h`,
    environment,
    region: '.*',
    job: '.*',
    agent: isOfOneAgent ? 'agent-01' : '.*',
    runbooks: 'http://runbooks.test',
    ...chosen,
  }
  const end = Math.floor(Date.now() / 1000)
  const range = { start: end - 600, end, step: 15 }
  const answers = targets.map(async ({ refId, expr, instant = false }) => {
    const filled = expr.replaceAll(
      /\$(?:\{(\w+):regex\}|([a-z_]\w*))/g,
      (_, braced: string, plain: string) => values[braced ?? plain]!,
    )
    return [refId, await (instant ? query(prometheus, filled, end) : queryRange(prometheus, filled, range))] as const
  })
  return Object.fromEntries(await Promise.all(answers))
}

function problemsOf(panel: BuiltPanel, plan: Panel, shown: Shown, scene: Scene): readonly string[] {
  if (plan.shows === 'number') return ofNumber(plan, shown)
  if (plan.shows === 'table') return ofTable(panel, plan, shown, scene)
  if (plan.shows === 'heatmap') return ofHeatmap(shown)
  return plan.shows === 'timeline' ? ofTimeline(plan, shown) : ofGraph(plan, shown)
}

/** One value, or the text for none without a color. */
function ofNumber({ whenEmpty = 'No data', unit }: Panel, { numbers, plainColor }: Shown): readonly string[] {
  const [value] = numbers
  if (numbers.length !== 1 || value === undefined) return [`shows ${numbers.length} values`]
  const isEmpty = value.text === whenEmpty
  return [
    ...(/NaN|undefined|Infinity/.test(value.text) ? [`shows ${value.text}`] : []),
    ...(isEmpty && value.color !== plainColor ? ['has a color without a value'] : []),
    ...(!isEmpty && unit === 'percentunit' && !value.text.endsWith('%') ? [`shows ${value.text} as a share`] : []),
  ]
}

function ofGraph({ unit, limits }: Panel, { frames }: Shown): readonly string[] {
  const lines = frames.flatMap((fields) => fields.filter(({ type }) => type === 'number'))
  const names = lines.map(({ name }) => name)
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  const strange = names.filter(
    (name) => name.trim() === '' || /__name__|[{}]|swarmwatch\/|\/etc\/|[0-9a-f]{8}-[0-9a-f]{4}-/.test(name),
  )
  return [
    ...(twice.length > 0 ? [`has two lines with the legend ${twice[0]}`] : []),
    ...(strange.length > 0 ? [`has the legend ${strange[0]}`] : []),
    // Ten and the rest; a limit more for what is not by agent
    ...(lines.length > 16 ? [`has ${lines.length} lines`] : []),
    ...lines.filter((line) => line.unit !== unit).map((line) => `has ${line.unit} for ${line.name}`),
    ...(limits && lines.some(({ values }) => values.some(({ text }) => text === 'NaN')) ? ['draws NaN'] : []),
  ]
}

function ofHeatmap({ frames }: Shown): readonly string[] {
  const cells = frames.flatMap((fields) => fields.filter(({ type }) => type === 'number'))
  return cells.filter(({ unit }) => unit === 's').map(({ name }) => `shows a number of runs as seconds in ${name}`)
}

function ofTimeline({ states }: Panel & { readonly shows: 'timeline' }, { frames }: Shown): readonly string[] {
  const texts = new Set(Object.values(states).map(({ text }) => text))
  const cells = frames.flatMap((fields) => fields.filter(({ type }) => type === 'number').flatMap(({ values }) => values))
  return cells.filter(({ text }) => !texts.has(text)).map(({ text }) => `shows ${text}, which is no state`)
}

function ofTable(
  { gridPos }: BuiltPanel,
  { columns, whenEmpty }: Panel & { readonly shows: 'table' },
  { frames }: Shown,
  scene: Scene,
): readonly string[] {
  if (frames.length > 1) return [`does not merge: ${frames.length} tables`]
  const fields = frames[0] ?? []
  if (fields.every(({ values }) => values.length === 0)) return []
  const wanted = Object.values(columns)
  const visible = fields.filter(({ isHidden }) => !isHidden)
  const names = visible.map(({ name }) => name)
  const width = visible.reduce((sum, field) => sum + (field.width ?? 150), 0)
  const room = (gridPos.w / 24) * 1270 - 8 - 16
  const keys = fields.filter(({ type }) => type === 'string')
  const rows = fields[0]!.values.map((_, row) => keys.map(({ values }) => values[row]!.raw).join('\n'))
  const mayRepeat = wanted.some(({ title }) => title === 'Alert')
  return [
    ...(names.join() ===
    wanted
      .filter(({ isHidden }) => !isHidden)
      .map(({ title }) => title)
      .join()
      ? []
      : [`has the columns ${names.join(', ')}`]),
    ...(width > room ? [`needs ${width} of ${Math.floor(room)} pixels`] : []),
    ...(!mayRepeat && new Set(rows).size < rows.length ? ['has two rows for one thing'] : []),
    ...(names.includes('Cost of the hour') && rows.length !== scene.agents
      ? [`has ${rows.length} rows for ${scene.agents} agents`]
      : []),
    ...fields.flatMap((field) => ofColumn(field, whenEmpty)),
  ]
}

/** Text stays what it is; values have a unit, or a dash where there is none. */
function ofColumn({ name, type, unit, values }: ShownField, whenEmpty: string | undefined): readonly string[] {
  const texts = values.map(({ text }) => text)
  const wrong = texts.find((text) => /NaN|undefined|Invalid date/.test(text) || text === whenEmpty)
  const ages = type === 'string' ? texts.find((text) => text.endsWith(' ago')) : undefined
  return [
    ...(wrong === undefined ? [] : [`shows ${wrong} in ${name}`]),
    ...(ages === undefined ? [] : [`shows ${ages} in ${name}`]),
    ...(type === 'string' && unit !== undefined ? [`has the unit ${unit} on the text of ${name}`] : []),
    ...(type === 'number' && unit === undefined ? [`has no unit on the values of ${name}`] : []),
  ]
}
