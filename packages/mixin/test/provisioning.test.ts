import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { root } from '../engines/stack-files.ts'
import { tracesSource } from '../src/dashboards/links.ts'

// Grafana itself cannot run here: what it accepts is known from its documentation
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const { datasources } = parse(read('grafana/provisioning/datasources/datasources.yaml')) as {
  datasources: readonly {
    uid: string
    type: string
    url: string
    isDefault?: boolean
    jsonData: Readonly<Record<string, unknown>>
  }[]
}
const { providers } = parse(read('grafana/provisioning/dashboards/swarmwatch.yaml')) as {
  providers: readonly { options: { path: string } }[]
}
/** Where the stack mounts `grafana/dashboards`. */
const mounted = '/etc/grafana/dashboards'

test('the data sources are those that the dashboards query and link to', () => {
  expect(datasources.map(({ uid, type, isDefault = false }) => ({ uid, type, isDefault }))).toEqual([
    { uid: 'prometheus', type: 'prometheus', isDefault: true },
    { ...tracesSource, isDefault: false },
  ])
})

test('rates are over as many samples as Prometheus scrapes', () => {
  const { global } = parse(read('collector/prometheus/prometheus.yaml')) as { global: { scrape_interval: string } }
  expect(datasources[0]?.jsonData['timeInterval']).toBe(global.scrape_interval)
})

test('no file contains a password: it comes from a secret', () => {
  expect(read('grafana/provisioning/datasources/datasources.yaml')).toMatch(
    /basicAuthPassword: \$__file\{\/run\/secrets\/prometheus_password\}$/m,
  )
})

test('the provider and the home dashboard point to existing dashboards', () => {
  expect(providers.map(({ options }) => options.path)).toEqual([mounted])
  const [, home] = /^default_home_dashboard_path = (.*)$/m.exec(read('grafana/grafana.ini')) ?? []
  expect(home).toBe(`${mounted}/swarm-overview.json`)
  expect(existsSync(join(root, 'grafana/dashboards/swarm-overview.json'))).toBe(true)
})

test('every folder that Grafana reads at its start exists and provisions only what is intended', () => {
  const folders = readdirSync(join(root, 'grafana/provisioning')).toSorted()
  expect(folders).toEqual(['alerting', 'dashboards', 'datasources', 'plugins'])
  // Grafana stops at a file of another kind in `alerting`
  const files = folders.flatMap((folder) => readdirSync(join(root, 'grafana/provisioning', folder)))
  expect(files.filter((name) => !name.endsWith('.yaml'))).toEqual([])
  expect(parse(read('grafana/provisioning/alerting/none.yaml'))).toEqual({ apiVersion: 1 })
  expect(parse(read('grafana/provisioning/plugins/none.yaml'))).toEqual({ apiVersion: 1, apps: [] })
})

test('every dashboard can be provisioned from a file: classic, with an address of its own, not too large', () => {
  const files = readdirSync(join(root, 'grafana/dashboards')).map((name) => read(`grafana/dashboards/${name}`))
  const dashboards = files.map((text) => JSON.parse(text) as { uid: string; apiVersion?: string; spec?: object; id?: number })
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(4)
  for (const dashboard of dashboards) {
    expect(dashboard.uid).toMatch(/^[a-z-]{1,40}$/)
    expect(dashboard).not.toHaveProperty('apiVersion')
    expect(dashboard).not.toHaveProperty('spec')
    expect(dashboard).not.toHaveProperty('id')
  }
  for (const text of files) expect(text.length).toBeLessThan(500_000)
})

test('all of it is plain ASCII', () => {
  const files = readdirSync(join(root, 'grafana'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name))
  for (const name of files) expect(/[^\n -~]/.exec(read(`grafana/${name}`)), name).toBeNull()
})
