import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { baseFile, renderBase } from './kubernetes/render-base.ts'
import { chart, type KubernetesObject, objectsOf, renderChart } from './kubernetes/render-chart.ts'
import { installTools, runTool } from './kubernetes/tools.ts'

const reason = await installTools('helm', 'kustomize', 'jsonnet', 'jsonnet-lint', 'jsonnetfmt', 'vmalert')
const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8')

interface Group {
  readonly name: string
  readonly rules: readonly { readonly alert?: string; readonly labels?: object; readonly annotations?: object }[]
}

const rulesFolder = 'collector/prometheus/rules'
const dashboardsFolder = 'grafana/dashboards'
/** Files that Prometheus and Grafana of the compose stack load. */
const rules = readdirSync(join(repositoryRoot, rulesFolder)).toSorted()
const dashboards = readdirSync(join(repositoryRoot, dashboardsFolder)).toSorted()

/** The text of groups in the order of their names; jsonnet and kustomize put keys in the order of the alphabet. */
function textOf(groups: readonly Group[]): string {
  return JSON.stringify(sorted(groups.toSorted((one, other) => (one.name < other.name ? -1 : 1))), undefined, 2)
}

const yaml = textOf(rules.flatMap((name) => (parse(read(`${rulesFolder}/${name}`)) as { groups: Group[] }).groups))
const groupsOf = (objects: readonly KubernetesObject[]): Group[] =>
  objects.flatMap(({ kind, spec }) => (kind === 'PrometheusRule' ? (spec as { groups: Group[] }).groups : []))
/** Dashboards of config maps, by file. */
const dashboardsOf = (objects: readonly KubernetesObject[]): [string, string][] =>
  objects.flatMap(({ data = {} }) => Object.entries(data).filter(([name]) => dashboards.includes(name)))
const committed = (): [string, string][] => dashboards.map((name) => [name, read(`${dashboardsFolder}/${name}`)])

test('the chart has the rule files and dashboards of the compose stack, byte for byte', () => {
  for (const name of rules) expect(read(`${chart}/files/rules/${name}`), name).toBe(read(`${rulesFolder}/${name}`))
  for (const [name, text] of committed()) expect(read(`${chart}/files/dashboards/${name}`), name).toBe(text)
})

describe.skipIf(reason !== undefined)('rules and dashboards are the same', () => {
  test('as objects of the chart', async () => {
    const objects = await renderChart(['--set=secretName=swarmwatch'])
    expect(textOf(groupsOf(objects))).toBe(yaml)
    expect(Object.fromEntries(dashboardsOf(objects))).toEqual(Object.fromEntries(committed()))
  })

  test('as dashboards of the Grafana operator', async () => {
    const objects = await renderChart(['--set=secretName=swarmwatch,dashboards.kind=grafana-dashboard'])
    const texts = objects.flatMap(({ kind, spec }) => (kind === 'GrafanaDashboard' ? [(spec as { json: string }).json] : []))
    expect(texts.toSorted()).toEqual(
      committed()
        .map(([, text]) => text)
        .toSorted(),
    )
  })

  test('as a kustomize base', async () => {
    const objects = objectsOf(await runTool('kustomize', ['build', 'deploy/kustomize/base']))
    expect(textOf(groupsOf(objects))).toBe(yaml)
    expect(Object.fromEntries(dashboardsOf(objects))).toEqual(Object.fromEntries(committed()))
  })

  test('as a jsonnet mixin', async () => {
    const { prometheusAlerts, prometheusRules, grafanaDashboards } = await mixin('{}')
    expect(textOf([...prometheusAlerts.groups, ...prometheusRules.groups])).toBe(yaml)
    expect(JSON.stringify(prometheusRules)).not.toContain('"alert"')
    for (const [name, text] of committed()) {
      expect(JSON.stringify(grafanaDashboards[name], undefined, 2), name).toBe(
        JSON.stringify(sorted(JSON.parse(text)), undefined, 2),
      )
    }
  })
})

describe.skipIf(reason !== undefined)('the jsonnet mixin', () => {
  test('has _config for links, labels, tags, and alerts that are left out', async () => {
    const { prometheusAlerts, prometheusRules, grafanaDashboards } = await mixin(`{
      grafanaUrl: 'https://grafana.test', runbooksUrl: 'https://runbooks.test',
      disabledAlerts: ['SwarmHealthLow'], alertLabels: { team: 'agents' }, dashboardTags: ['ours'],
    }`)
    const alerts = prometheusAlerts.groups.flatMap((group) => group.rules).filter(({ alert }) => alert !== undefined)
    expect(alerts.map(({ alert }) => alert)).not.toContain('SwarmHealthLow')
    expect(alerts.map(({ alert }) => alert)).toContain('SystemErrorRateCritical')
    for (const { labels } of alerts) expect(labels).toMatchObject({ team: 'agents' })
    expect(JSON.stringify([prometheusAlerts, prometheusRules])).not.toContain('externalLabels')
    expect(grafanaDashboards['swarm-overview.json']?.['tags']).toEqual(['swarmwatch', 'ours'])
  })

  test('is formatted, and passes the linter', async () => {
    const files = ['mixin', 'config', 'files'].map((name) => `deploy/jsonnet/${name}.libsonnet`)
    await runTool('jsonnetfmt', ['--test', ...files])
    await runTool('jsonnet-lint', files)
  })

  test('is found below vendor, where jsonnet-bundler puts it', async () => {
    const vendor = temporaryFolder()
    const library = join(vendor, 'github.com/example/swarmwatch')
    for (const folder of ['deploy/jsonnet', `${chart}/files/rules`, `${chart}/files/dashboards`]) {
      mkdirSync(join(library, folder), { recursive: true })
      for (const name of readdirSync(join(repositoryRoot, folder)))
        writeFileSync(join(library, folder, name), read(`${folder}/${name}`))
    }
    const program =
      "std.length((import 'github.com/example/swarmwatch/deploy/jsonnet/mixin.libsonnet').prometheusAlerts.groups) > 5"
    expect(await runTool('jsonnet', ['--jpath', vendor, '--exec', program])).toBe('true\n')
  })
})

describe.skipIf(reason !== undefined)('the kustomize base', () => {
  test('is what the chart renders: run `pnpm kustomize` where this fails', async () => {
    expect(read(baseFile)).toBe(await renderBase())
  })

  test('puts every object into one namespace, and names no release of Helm', async () => {
    const text = await runTool('kustomize', ['build', 'deploy/kustomize/base'])
    for (const { metadata } of objectsOf(text)) expect(metadata.namespace, metadata.name).toBe('swarmwatch')
    expect(text).not.toMatch(/Helm|helm\.sh/)
  })
})

describe.skipIf(reason !== undefined)('the rules run elsewhere', () => {
  const check = (folder: string): Promise<string> =>
    runTool('vmalert', ['-dryRun', `-rule=${folder}/*.yaml`, '-rule.validateTemplates=true'])

  test('vmalert of VictoriaMetrics accepts every expression and every template of the rules for classic histograms', async () => {
    const classic = temporaryFolder()
    for (const part of ['config', 'collector', 'deploy'])
      cpSync(join(repositoryRoot, part), join(classic, part), { recursive: true })
    const production = read('config/production.yaml').replace(/^  histograms: native$/m, '  histograms: classic')
    writeFileSync(join(classic, 'config/production.yaml'), production)
    const generator = join(repositoryRoot, 'packages/mixin/src/generate.ts')
    execFileSync(process.execPath, ['--conditions=swarmwatch-source', generator, classic])
    expect(readFileSync(join(classic, rulesFolder, 'agents-and-swarm.yaml'), 'utf8')).not.toContain('histogram_count')
    await check(join(classic, rulesFolder))
    const broken = temporaryFolder()
    for (const [name, rule] of Object.entries({
      expression: '{ alert: A, expr: "sum(" }',
      template: '{ alert: A, expr: "1", annotations: { summary: "{{ nothing }}" } }',
    })) {
      writeFileSync(join(broken, 'rules.yaml'), `groups: [{ name: broken, rules: [${rule}] }]`)
      await expect(check(broken), name).rejects.toThrow()
    }
  })

  // The rulers of Mimir and Thanos have the parser of Prometheus; promtool runs without experimental functions in configuration.test.ts
  test('Mimir and Thanos: no experimental function or modifier is used, and every group has a name of its own', () => {
    const experimental =
      /\b(?:limitk|limit_ratio|mad_over_time|sort_by_label(?:_desc)?|info|double_exponential_smoothing|ts_of_\w+|first_over_time|histogram_quantiles|max_of|min_of|start|end|range|step)\s*\(|\b(?:smoothed|anchored)\b|\bfill(?:_left|_right)?\s*\(/
    const groups = JSON.parse(yaml) as readonly { name: string; rules: { expr: string }[] }[]
    for (const { rules: ofGroup } of groups) for (const { expr } of ofGroup) expect(expr).not.toMatch(experimental)
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length)
  })
})

interface Mixin {
  readonly prometheusAlerts: { readonly groups: readonly Group[] }
  readonly prometheusRules: { readonly groups: readonly Group[] }
  readonly grafanaDashboards: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

async function mixin(config: string): Promise<Mixin> {
  const program = `
    local mixin = (import 'deploy/jsonnet/mixin.libsonnet') + { _config+:: ${config} };
    { [name]: mixin[name] for name in ['prometheusAlerts', 'prometheusRules', 'grafanaDashboards'] }`
  return JSON.parse(await runTool('jsonnet', ['--exec', program])) as Mixin
}

/** The same value with the keys of every object in the order of the alphabet, as jsonnet prints them. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted<unknown>(inner)] as const)
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1))) as T
}
