import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { generate, generated } from '../src/generate.ts'
import { isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { checked, readMixinSettings } from '../src/settings.ts'

const root = resolve(import.meta.dirname, '../../..')
const settings = readMixinSettings(join(root, 'config/production.yaml'))
let folder: string

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mixin-'))))
afterEach(() => rmSync(folder, { recursive: true }))

function settingsFile(text: string): string {
  const path = join(folder, 'settings.yaml')
  writeFileSync(path, text)
  return path
}

describe('generated files', () => {
  test('is what is committed: run `pnpm mixin` where this fails', () => {
    const folders = [
      'collector/prometheus/rules',
      'grafana/dashboards',
      'deploy/helm/swarmwatch/files',
      'deploy/kustomize/base/rules',
      'deploy/kustomize/base/dashboards',
    ].flatMap((path) =>
      readdirSync(join(root, path), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(root, join(parentPath, name))),
    )
    const committed = [
      ...folders,
      'collector/alertmanager/alertmanager.template.yaml',
      'collector/prometheus/prometheus-scale.yaml',
      'deploy/helm/swarmwatch/values.schema.json',
      'deploy/kustomize/base/kustomization.yaml',
      'deploy/jsonnet/files.libsonnet',
    ]
    expect(committed.toSorted()).toEqual([...generated(root, settings).keys()].toSorted())
    for (const [path, text] of generated(root, settings)) expect(readFileSync(join(root, path), 'utf8'), path).toBe(text)
  })

  test('is identical on every run', () => {
    expect([...generated(root, settings)]).toEqual([...generated(root, readMixinSettings(join(root, 'config/production.yaml')))])
  })

  test('is ASCII', () => {
    for (const [path, text] of generated(root, settings)) expect(/[^\n -~]/.exec(text), path).toBeNull()
  })

  test('removes files of an earlier version', () => {
    for (const path of [
      'collector/alertmanager/alertmanager.template.yaml',
      'collector/otelcol/config.yaml',
      'collector/otelcol/fewer-series.yaml',
      'collector/prometheus/prometheus.yaml',
      'config/production.yaml',
      'config/production.schema.json',
      'deploy/connections.yaml',
      'deploy/helm/swarmwatch/values.schema.json',
    ]) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      cpSync(join(root, path), join(folder, path))
    }
    generate(folder, settings)
    writeFileSync(join(folder, 'collector/prometheus/rules/old.yaml'), '')
    generate(folder, settings)
    expect(readdirSync(join(folder, 'collector/prometheus/rules'))).not.toContain('old.yaml')
  })

  test('contains no fixed bucket bound, because it is 10.0 by scrape and 10 by OTLP', () => {
    for (const [path, text] of generated(root, settings)) expect(text, path).not.toMatch(/\ble="/)
  })
})

describe('the settings file', () => {
  const rulesOf = (file: string): object[] =>
    ruleFiles(readMixinSettings(file))
      .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
      .filter(isAlert)
      .filter(({ alert }) => alert.startsWith('SystemErrorRate') || alert === 'AgentSlowResponses')
      .map(({ alert, severity, forSeconds, expr }) => ({ alert, severity, forSeconds, limit: /[<>] ([\d.]+)/.exec(expr)?.[1] }))

  test('changes thresholds, severities and times of the alerts that it lists', () => {
    const file = settingsFile(`
alerts:
  rules:
    - { name: high_error_rate, threshold: 0.4, severity: warning, for: 60 }
    - { name: slow_response, threshold: 20, severity: warning }
    - { name: slow_response, threshold: 60, severity: critical }
`)
    expect(rulesOf(file)).toEqual([
      { alert: 'SystemErrorRateCritical', severity: 'warning', forSeconds: 60, limit: '0.4' },
      { alert: 'SystemErrorRateWarning', severity: 'warning', forSeconds: 300, limit: '0.2' },
      { alert: 'AgentSlowResponses', severity: 'critical', forSeconds: 300, limit: '60' },
      { alert: 'AgentSlowResponses', severity: 'warning', forSeconds: 300, limit: '20' },
    ])
  })

  test.for([
    ['an unknown rule', '{ name: high_eror_rate, threshold: 0.4 }', /alerts\.rules\[0\]\.name.*high_eror_rate/s],
    ['an unknown severity', '{ name: high_error_rate, threshold: 0.4, severity: fatal }', /severity.*fatal/s],
    ['a share above 1', '{ name: high_error_rate, threshold: 50 }', /threshold.*50/s],
    ['a score above 100', '{ name: low_health, threshold: 120 }', /threshold.*120/s],
    [
      'a rule listed twice',
      '[{ name: low_health, threshold: 50 }, { name: low_health, threshold: 40 }]',
      /must not be listed twice.*low_health/,
    ],
  ] as const)('%s is an error that names it', ([, rules, message]) => {
    const list = rules.startsWith('[') ? rules : `[${rules}]`
    expect(() => readMixinSettings(settingsFile(`alerts: { rules: ${list} }`))).toThrow(message)
  })

  test('an objective with a burn rate that can never fire is an error that names it', () => {
    expect(() => checked({ ...settings, successObjective: 0.9 })).toThrow(
      'successObjective must be above 0.931, or a burn rate of 14.4 can never fire, got 0.9',
    )
    expect(() => checked({ ...settings, successObjective: 1 })).toThrow('successObjective must be above 0 and below 1, got 1')
  })
})
