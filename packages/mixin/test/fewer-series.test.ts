import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { runbookQueries } from './runbooks.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

interface Config {
  readonly service: { readonly pipelines: Readonly<Record<string, { readonly exporters?: readonly string[] }>> }
  readonly processors: Readonly<Record<string, { readonly metrics?: { readonly metric: readonly string[] } }>>
}

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')
const { processors, service } = parse(read('collector/otelcol/fewer-series.yaml')) as Config
const dropped = (name: string): readonly string[] => processors[name]!.metrics!.metric

test('a metric is kept for each process or summed over all of them, never both and never neither', () => {
  expect(dropped('filter/all-processes')).toEqual([`not (${dropped('filter/each-process').join(' or (')}))`])
})

test('sums go wherever the other metrics go, also with the exporters of a file after this one', () => {
  const { metrics, ...sources } = service.pipelines
  expect(metrics).toEqual({ receivers: ['forward/metrics'], processors: [] })
  expect(Object.values(sources).map(({ exporters }) => exporters)).toEqual([['forward/metrics'], ['forward/metrics']])
})

test('no rule, panel or runbook reads a single process of a metric that is summed over all of them', () => {
  const settings = readMixinSettings(join(repositoryRoot, 'config/production.yaml'))
  const rules = ruleFiles(settings).flatMap(({ groups }) => groups.flatMap((group) => group.rules.map(({ expr }) => expr)))
  const panels = readdirSync(join(repositoryRoot, 'grafana/dashboards')).flatMap((file) =>
    expressionsIn(JSON.parse(read(`grafana/dashboards/${file}`))),
  )
  const queries = [...rules, ...panels, ...runbookQueries]
  const ofOne = queries.filter((query) => /\binstance\b/.test(query))
  const summed = /\b(agent_(failures|retries|tokens)|gen_ai_)\w*|\b(agent|http_client)_\w*(duration|wait)_seconds/
  expect(ofOne.filter((query) => summed.test(query))).toEqual([])
  // some do read executions and active executions of one process
  expect(ofOne.some((query) => /\bagent_executions_total\b/.test(query))).toBe(true)
  expect(queries.some((query) => summed.test(query))).toBe(true)
})

function expressionsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'expr' in value && typeof value.expr === 'string' ? [value.expr] : []
  return [...own, ...Object.values(value).flatMap(expressionsIn)]
}
