import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'

import { renderDashboard } from './dashboards/build-dashboard.ts'
import { dashboardPlans } from './dashboards/dashboard-plans.ts'
import { generatedFolders, kubernetesFiles } from './kubernetes/kubernetes-files.ts'
import { withInhibitionRules } from './render-inhibition.ts'
import { withReplicas } from './render-replicas.ts'
import { renderRuleFile } from './render-rule-file.ts'
import { ruleFiles } from './rule-files.ts'
import { MixinError, type MixinSettings, readMixinSettings } from './settings.ts'

const folder = { rules: 'collector/prometheus/rules', dashboards: 'grafana/dashboards' } as const
const prometheusFile = 'collector/prometheus/prometheus.yaml'
const alertmanagerTemplate = 'collector/alertmanager/alertmanager.template.yaml'

/**
 * The text of every generated file, by its path from the root of the repository. Of Alertmanager's
 * template only the inhibition rules are generated: the rest is what the repository has. The settings
 * of two Prometheus are those of one, with the addresses of docker-compose.scale.yml.
 */
export function generated(root: string, settings: MixinSettings): ReadonlyMap<string, string> {
  const rules = new Map(ruleFiles(settings).map((file) => [`${folder.rules}/${file.name}`, renderRuleFile(file)]))
  const dashboards = new Map(
    dashboardPlans(settings).map((plan) => [`${folder.dashboards}/${plan.uid}.json`, renderDashboard(plan)]),
  )
  const alertmanager = withInhibitionRules(readFileSync(join(root, alertmanagerTemplate), 'utf8'))
  return new Map([
    ...rules,
    ...dashboards,
    [alertmanagerTemplate, alertmanager],
    [prometheusFile.replace('.yaml', '-scale.yaml'), withReplicas(readFileSync(join(root, prometheusFile), 'utf8'))],
    ...kubernetesFiles(root, rules, dashboards, alertmanager),
  ])
}

/** Writes them, and removes files that are no longer generated; returns the paths. */
export function generate(root: string, settings: MixinSettings): readonly string[] {
  const files = generated(root, settings)
  for (const path of [...Object.values(folder), ...generatedFolders]) {
    mkdirSync(join(root, path), { recursive: true })
    for (const { name } of readdirSync(join(root, path), { withFileTypes: true }).filter((entry) => entry.isFile())) {
      if (!files.has(`${path}/${name}`)) rmSync(join(root, path, name))
    }
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return [...files.keys()]
}

if (import.meta.main) {
  const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../../..'))
  try {
    for (const path of generate(root, readMixinSettings(join(root, 'config/production.yaml')))) console.log(path)
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof MixinError)) throw error
    console.error(`${error.message}\nNothing was written.`)
    process.exitCode = 2
  }
}
