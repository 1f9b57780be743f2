import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { parse, stringify } from 'yaml'

import { alertmanagerConfigFile, alertmanagerFile } from './alertmanager-files.ts'

const chart = 'deploy/helm/swarmwatch'
const base = 'deploy/kustomize/base'
const valuesSchema = `${chart}/values.schema.json`

/** Folders in which every file is generated. */
export const generatedFolders: readonly string[] = [
  `${chart}/files`,
  `${chart}/files/rules`,
  `${chart}/files/dashboards`,
  `${base}/rules`,
  `${base}/dashboards`,
]

/** Files of the compose stack that the chart contains, by their name there. */
const copies: Readonly<Record<string, string>> = {
  'otelcol.yaml': 'collector/otelcol/config.yaml',
  'otelcol-fewer-series.yaml': 'collector/otelcol/fewer-series.yaml',
  'connections.yaml': 'deploy/connections.yaml',
}

/**
 * The generated files of `deploy/` by their path: those that the chart reads, the rules and dashboards
 * of the kustomize base, and the list of both for jsonnet. A chart and a base may not read files
 * outside their folder, so they have copies.
 */
export function kubernetesFiles(
  root: string,
  rules: ReadonlyMap<string, string>,
  dashboards: ReadonlyMap<string, string>,
  alertmanagerTemplate: string,
): ReadonlyMap<string, string> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  return new Map([
    ...Object.entries(copies).map(([name, path]) => [`${chart}/files/${name}`, read(path)] as const),
    [`${chart}/files/production.yaml`, asYaml11(read('config/production.yaml'))],
    [`${chart}/files/alertmanager.yaml`, alertmanagerFile(alertmanagerTemplate)],
    [`${chart}/files/alertmanager-config.yaml`, alertmanagerConfigFile(alertmanagerTemplate)],
    [valuesSchema, withSettings(read(valuesSchema), read('config/production.schema.json'))],
    ...[...rules].map(([path, text]) => [`${chart}/files/rules/${basename(path)}`, text] as const),
    ...[...dashboards].map(([path, text]) => [`${chart}/files/dashboards/${basename(path)}`, text] as const),
    ...[...rules].map(([path, text]) => [`${base}/rules/${basename(path)}`, prometheusRule(basename(path), text)] as const),
    ...[...dashboards].map(([path, text]) => [`${base}/dashboards/${basename(path)}`, text] as const),
    [`${base}/kustomization.yaml`, kustomization([...rules.keys()], [...dashboards.keys()])],
    ['deploy/jsonnet/files.libsonnet', jsonnetList([...rules.keys()], [...dashboards.keys()])],
  ])
}

/** The settings without comments, for Helm: it reads YAML 1.1, in which a plain `on` is a boolean. */
function asYaml11(text: string): string {
  return `# Made by \`pnpm mixin\` from config/production.yaml: change it there.\n${stringify(parse(text), { version: '1.1', lineWidth: 0 })}`
}

/** A rule file as an object of the Prometheus operator, as the chart renders it. */
function prometheusRule(name: string, text: string): string {
  return `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: swarmwatch-${basename(name, '.yaml')}
  labels:
    release: kube-prometheus-stack
spec:
${text.trim().replaceAll(/^(?=.)/gm, '  ')}
`
}

/** Objects that the chart renders are in swarmwatch.yaml; see test/kubernetes/render-base.ts. */
function kustomization(rules: readonly string[], dashboards: readonly string[]): string {
  return `# Made by \`pnpm mixin\`. docs/kubernetes.md describes the Secret that it needs, and patches.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: swarmwatch
resources:
  - swarmwatch.yaml
${rules.map((path) => `  - rules/${basename(path)}\n`).join('')}configMapGenerator:
${dashboards.map((path) => dashboardEntry(basename(path))).join('')}generatorOptions:
  disableNameSuffixHash: true
  labels:
    grafana_dashboard: '1'
  annotations:
    grafana_folder: Swarmwatch
`
}

function dashboardEntry(name: string): string {
  return `  - name: swarmwatch-dashboard-${basename(name, '.json')}
    files: [dashboards/${name}]
`
}

/** The schema of the chart's values with the one of config/production.yaml as the definition of `settings`. */
function withSettings(schema: string, settings: string): string {
  const values = JSON.parse(schema) as { definitions: object }
  const { $schema: _, ...definition } = JSON.parse(settings) as { $schema: string }
  return `${JSON.stringify({ ...values, definitions: { ...values.definitions, settings: definition } }, undefined, 2)}\n`
}

function jsonnetList(rules: readonly string[], dashboards: readonly string[]): string {
  const files = '../helm/swarmwatch/files'
  const entries = (paths: readonly string[], folder: string, how: string): string =>
    paths.map((path) => `    '${basename(path)}': ${how} '${files}/${folder}/${basename(path)}',\n`).join('')
  return `// Made by \`pnpm mixin\`.
{
  rules: {
${entries(rules, 'rules', 'importstr')}  },
  dashboards: {
${entries(dashboards, 'dashboards', 'import')}  },
}
`
}
