import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { expect, test } from 'vitest'

import { generatedFolders } from '../src/kubernetes/kubernetes-files.ts'

const program = resolve(import.meta.dirname, '../src/generate.ts')
const run = [process.execPath, '--conditions=swarmwatch-source', program] as const

test('writes the files whose paths it prints', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mixin-'))
  try {
    // What it reads; all that it writes as a whole is missing
    for (const path of ['config', 'collector', 'deploy']) {
      cpSync(resolve(import.meta.dirname, '../../..', path), join(folder, path), { recursive: true })
    }
    const whole = ['collector/prometheus/rules', 'grafana/dashboards', ...generatedFolders]
    for (const path of whole) rmSync(join(folder, path), { recursive: true, force: true })
    const output = execFileSync(run[0], [...run.slice(1), folder], { encoding: 'utf8' })
    const printed = output.trim().split('\n')
    const written = whole.flatMap((path) =>
      readdirSync(join(folder, path), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => `${path}/${name}`),
    )
    expect(printed).toEqual(expect.arrayContaining(written))
    expect(printed.filter((path) => !written.includes(path)).toSorted()).toEqual([
      'collector/alertmanager/alertmanager.template.yaml',
      'collector/prometheus/prometheus-scale.yaml',
      'deploy/helm/swarmwatch/values.schema.json',
      'deploy/jsonnet/files.libsonnet',
      'deploy/kustomize/base/kustomization.yaml',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('writes nothing when the settings are invalid, prints the reason and exits with 2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mixin-'))
  try {
    cpSync(resolve(import.meta.dirname, '../../../config'), join(folder, 'config'), { recursive: true })
    writeFileSync(join(folder, 'config/production.yaml'), 'alerts: { rules: [{ name: high_error_rate, threshold: 7 }] }')
    const { status, stderr } = spawnSync(run[0], [...run.slice(1), folder], { encoding: 'utf8' })
    expect(status).toBe(2)
    expect(stderr).toMatch(/alerts\.rules\[0\]\.threshold.*7[\s\S]*Nothing was written\./)
    expect(readdirSync(folder)).toEqual(['config'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
