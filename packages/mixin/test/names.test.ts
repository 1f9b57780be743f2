import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import { labelsOfSeries, metricNames, recordedSeries, sdkSeries } from './metric-names.ts'
import { panelQueries } from './engines/panel-queries.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

const root = resolve(import.meta.dirname, '../../..')
const settings = readMixinSettings(join(root, 'config/production.yaml'))
const files = ruleFiles(settings)
const queries = [...files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules)), ...panelQueries(settings)]
const read = new Set(queries.flatMap(({ expr }) => metricNames(expr)))
const recorded = recordedSeries(files)
const foreign = [...read].filter((name) => !sdkSeries.has(name) && !recorded.has(name) && name !== 'up' && name !== 'ALERTS')

// That components have theirs too is seen in a real run: engines/reference-run.test.ts
describe('every series that a rule or a panel reads', () => {
  test('is sent by the SDK, recorded by a rule, or of a component of the stack', () => {
    const ofComponents =
      /^(advisor|agent_forecast$|alertmanager|bridge|nodejs|otelcol|process|prometheus|swarm_(forecast|capacity|advice|cost_month)|worker_queue)/
    const unknown = foreign.filter((name) => !ofComponents.test(name) && name !== 'target_info' && name !== 'ALERTS_FOR_STATE')
    expect(unknown).toEqual([])
  })

  test('of the SDK has the labels that the query groups by', () => {
    const missing = queries.flatMap((query) => {
      const names = metricNames(query.expr)
      if (names.length === 0 || !names.every((name) => sdkSeries.has(name))) return []
      const known = new Set(names.flatMap(labelsOfSeries))
      const grouped = [...query.expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
        list!.split(',').map((name) => name.trim()),
      )
      return grouped.filter((name) => !known.has(name)).map((name) => `${names.join(', ')} has no label ${name}: ${query.expr}`)
    })
    expect(missing).toEqual([])
  })

  test('of the advisor is one that it exports', () => {
    const source = readFileSync(join(root, 'packages/advisor/src/service/render-metrics.ts'), 'utf8')
    for (const name of foreign.filter((each) => /^(?:agent_forecast|swarm_(?:forecast|capacity|advice|cost_month))/.test(each))) {
      expect(source).toContain(`name: '${name}'`)
    }
  })

  test('that begins with worker_queue is one of the worker', () => {
    const source = readFileSync(join(root, 'packages/agent-worker/src/service/queue-metrics.ts'), 'utf8')
    for (const name of foreign.filter((each) => each.startsWith('worker_queue'))) {
      expect(source).toContain(`'${name.replaceAll('_', '.')}'`)
    }
  })

  test('that begins with bridge is one of the bridge', () => {
    const folder = join(root, 'packages/alert-bridge/src')
    const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
    for (const name of foreign.filter((each) => each.startsWith('bridge_'))) {
      expect(source).toMatch(new RegExp(`'${name.replace(/_(total|bucket|sum|count)$/, '').replaceAll('_', '[._]')}'`))
    }
  })
})
