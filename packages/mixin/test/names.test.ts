import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import { openNetwork } from './engines/containers.ts'
import { hasDocker } from './engines/docker.ts'
import { push, runsAt } from './engines/otlp.ts'
import { layOutStack, otlpToken } from './engines/stack-files.ts'
import { basicAuth, runAlertmanager, runCollector, runPrometheus } from './engines/street.ts'
import { metricNames, recordedSeries, sdkSeries } from './metric-names.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readSettings } from '../src/settings.ts'

const root = resolve(import.meta.dirname, '../../..')
const files = ruleFiles(readSettings(join(root, 'config/production.yaml')))
const read = new Set(files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => metricNames(expr)))))
const recorded = recordedSeries(files)
const foreign = [...read].filter((name) => !sdkSeries.has(name) && !recorded.has(name) && name !== 'up' && name !== 'ALERTS')

// They appear with the first failure
const bornLate = [
  'otelcol_exporter_enqueue_failed_metric_points_total',
  'otelcol_exporter_enqueue_failed_spans_total',
  'otelcol_exporter_send_failed_metric_points_total',
  'otelcol_exporter_send_failed_spans_total',
  'otelcol_receiver_refused_spans_total',
  'prometheus_tsdb_out_of_bound_samples_total',
  'prometheus_tsdb_out_of_order_samples_total',
  'prometheus_tsdb_too_old_samples_total',
]

describe('every series that a rule reads', () => {
  test('that begins with agent, swarm or collector is sent by the SDK or recorded', () => {
    expect(foreign.filter((name) => /^(agent|swarm|collector|active|gen_ai)/.test(name))).toEqual([])
  })

  test('that begins with bridge is one of the bridge', () => {
    const folder = join(root, 'packages/alert-bridge/src/metrics')
    const source = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
    for (const name of foreign.filter((each) => each.startsWith('bridge_'))) {
      expect(source).toMatch(new RegExp(`'${name.replace(/_total$/, '').replaceAll('_', '[._]')}'`))
    }
  })

  test.skipIf(!hasDocker)('and is of a component is in the metrics of that component', { timeout: 60_000 }, async () => {
    const stack = layOutStack()
    const network = await openNetwork()
    try {
      const alertmanager = await runAlertmanager(network, stack)
      const prometheus = await runPrometheus(network, stack)
      const collector = await runCollector(network, stack)
      const point = runsAt(undefined, [{ agent: 'writer', outcome: 'success', value: 1 }], Date.now())
      await push(`${await collector.url(4318)}/v1/metrics`, point, `Bearer ${otlpToken}`)
      const addresses = [await alertmanager.url(9093), await prometheus.url(9090), await collector.url(8888)]
      const pages = await Promise.all(
        addresses.map(async (address) => (await fetch(`${address}/metrics`, { headers: { authorization: basicAuth } })).text()),
      )
      const emitted = new Set(pages.flatMap((page) => [...page.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name!)))
      const ofComponents = foreign.filter((name) => !name.startsWith('bridge_'))
      expect(ofComponents.filter((name) => !emitted.has(name) && !bornLate.includes(name))).toEqual([])
    } finally {
      await network.remove()
      rmSync(stack.folder, { recursive: true })
    }
  })
})
