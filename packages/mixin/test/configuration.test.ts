import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runOnce } from '@swarmwatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { hasDocker, image } from './engines/docker.ts'
import { metricNames } from './metric-names.ts'
import { readExpressions } from './read-expressions.ts'
import { frameQueries, panelQueries } from './engines/panel-queries.ts'
import { alertmanagerFile, layOutStack, root, type StackFiles } from '../engines/stack-files.ts'
import { renderRuleFile } from '../src/render-rule-file.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

const settings = readMixinSettings(join(root, 'config/production.yaml'))
const modes = ['native', 'classic'] as const
let files: StackFiles
beforeAll(() => void (files = layOutStack()))
afterAll(() => rmSync(files.folder, { recursive: true }))

describe.skipIf(!hasDocker).concurrent('the real programs accept', () => {
  const mounts = (): Record<string, string> => ({ '/etc/collector': files.collector, '/run/secrets': files.secrets })

  test.for(modes)('the rules for %s histograms, with every lint of promtool', async (histograms) => {
    const folder = join(files.folder, `rules-${histograms}`)
    mkdirSync(folder)
    const rules = ruleFiles({ ...settings, histograms }).map((file) => {
      writeFileSync(join(folder, file.name), renderRuleFile(file))
      return `/etc/rules/${file.name}`
    })
    const { code, output } = await runOnce(
      image.prometheus,
      'promtool',
      ['check', 'rules', '--lint=all', '--lint-fatal', ...rules],
      { '/etc/rules': folder },
    )
    expect(code, output).toBe(0)
  })

  test.for(modes)(
    'every query of the dashboards for %s histograms, syntax and types, with values of the variables',
    async (histograms) => {
      const queries = [...panelQueries({ ...settings, histograms }).map(({ expr }) => expr), ...frameQueries(settings)]
      const rules = queries.map((expr, index) => ({ record: `panel:query:n${index}`, expr }))
      const path = join(files.collector, `panel-queries-${histograms}.yaml`)
      writeFileSync(path, stringify({ groups: [{ name: 'panels', rules }] }))
      const args = ['check', 'rules', `/etc/collector/panel-queries-${histograms}.yaml`]
      const { code, output } = await runOnce(image.prometheus, 'promtool', args, mounts())
      expect(code, output).toBe(0)
      expect(output).toContain(`${queries.length} rules found`)
      expect(queries.length).toBeGreaterThan(100)
    },
  )

  test('the configuration of Prometheus, and the users of Prometheus and Alertmanager', async () => {
    const config = await runOnce(
      image.prometheus,
      'promtool',
      ['check', 'config', '/etc/collector/prometheus/prometheus.yaml'],
      mounts(),
    )
    expect(config.code, config.output).toBe(0)
    const files = ['/run/secrets/prometheus_web.yaml', '/run/secrets/alertmanager_web.yaml']
    const web = await runOnce(image.prometheus, 'promtool', ['check', 'web-config', ...files], mounts())
    expect(web.code, web.output).toBe(0)
  })

  test('the configuration of the Prometheus that reads all regions, which has no rules', async () => {
    const folder = join(files.folder, 'regions')
    mkdirSync(folder)
    for (const region of ['eu', 'us']) writeFileSync(join(folder, region), 'password')
    const path = '/etc/collector/prometheus-global/prometheus.yaml'
    const args = ['check', 'config', '--lint=all', '--lint-fatal', path]
    const { code, output } = await runOnce(image.prometheus, 'promtool', args, { ...mounts(), '/run/regions': folder })
    expect(code, output).toBe(0)
    expect(output).not.toContain('rule files found')
  })

  test('the configuration of the Collector', async () => {
    const args = ['validate', '--config=/etc/collector/otelcol/config.yaml']
    const { code, output } = await runOnce(image.collector, '/otelcol-contrib', args, mounts())
    expect(code, output).toBe(0)
  })

  test('the configuration of Alertmanager, as rendered', async () => {
    const { code, output } = await runOnce(
      image.alertmanager,
      'amtool',
      ['check-config', '/etc/collector/alertmanager/alertmanager.yml'],
      mounts(),
    )
    expect(code, output).toBe(0)
  })
})

describe.skipIf(!hasDocker).concurrent('routes', () => {
  test.for([
    ['critical', 'bridge', ['alertname=AgentErrorRateCritical', 'severity=critical', 'category=agent']],
    ['warning', 'bridge', ['alertname=AgentSlowResponses', 'severity=warning', 'category=agent']],
    ['info', 'bridge', ['alertname=AgentAnomaly', 'severity=info', 'category=agent']],
    ['an alert of another source', 'bridge', ['alertname=Theirs']],
    ['Watchdog', 'bridge-watchdog', ['alertname=Watchdog', 'severity=none', 'category=watchdog']],
    ['a bridge that is down', 'mail,bridge', ['alertname=BridgeDown', 'severity=critical', 'category=bridge']],
    ['a dead letter of the bridge', 'mail,bridge', ['alertname=BridgeDeadLetters', 'severity=warning', 'category=bridge']],
    [
      'a critical alert while the bridge is down',
      'mail,bridge',
      ['alertname=CriticalWhileBridgeDown', 'severity=critical', 'category=bridge'],
    ],
    [
      'a Collector that is down',
      'mail,bridge',
      ['alertname=TargetDown', 'severity=critical', 'category=pipeline', 'job=otel-collector'],
    ],
    ['information about the pipeline', 'bridge', ['alertname=PrometheusHistoryShrinking', 'severity=info', 'category=pipeline']],
  ] as const)('%s goes to %s', async ([, receivers, labels]) => {
    const args = [
      'config',
      'routes',
      'test',
      '--config.file=/etc/alertmanager.d/alertmanager.yml',
      `--verify.receivers=${receivers}`,
      ...labels,
    ]
    const mounts = { '/etc/alertmanager.d': join(files.collector, 'alertmanager') }
    const { code, output } = await runOnce(image.alertmanager, 'amtool', args, mounts)
    expect(code, output).toBe(0)
  })
})

describe('the configuration files agree', () => {
  test('Prometheus drops no series that a rule, a panel or a runbook reads', () => {
    const dropped = prometheus.scrape_configs.flatMap(({ metric_relabel_configs: rules = [] }) =>
      rules.map(({ regex }) => new RegExp(`^(?:${regex})$`)),
    )
    expect(dropped.length).toBeGreaterThan(0)
    const read = readExpressions(settings).flatMap(({ expr }) => metricNames(expr))
    expect([...new Set(read)].filter((name) => dropped.some((pattern) => pattern.test(name)))).toEqual([])
  })

  test('rules and dashboards are made for the kind of histograms that Prometheus keeps', () => {
    const { histograms } = settings
    expect(prometheus.otlp.convert_histograms_to_nhcb ?? false).toBe(histograms === 'native')
    expect(prometheus.global.convert_classic_histograms_to_nhcb ?? false).toBe(histograms === 'native')
  })

  const collector = parse(readFileSync(join(root, 'collector/otelcol/config.yaml'), 'utf8')) as Collector
  const prometheus = parse(readFileSync(join(root, 'collector/prometheus/prometheus.yaml'), 'utf8')) as Prometheus
  const alertmanager = parse(alertmanagerFile()) as Alertmanager

  test('the Collector uses only what the official image has, and the memory limit comes first', () => {
    const used = [collector.receivers, collector.processors, collector.connectors, collector.exporters, collector.extensions]
    expect(
      [...new Set(used.flatMap((part) => Object.keys(part).map((name) => name.split('/')[0]!)))].toSorted((one, other) =>
        one < other ? -1 : 1,
      ),
    ).toEqual([
      'bearertokenauth',
      'debug',
      'file_storage',
      'health_check',
      'memory_limiter',
      'otlp',
      'otlp_grpc',
      'otlp_http',
      'redaction',
      'resource',
      'span_metrics',
    ])
    for (const { processors } of Object.values(collector.service.pipelines)) expect(processors[0]).toBe('memory_limiter')
  })

  test('every queue is on disk and bounded, and gives up before Prometheus refuses', () => {
    const senders = Object.entries(collector.exporters).filter(([name]) => !name.startsWith('debug/'))
    expect(senders.length).toBeGreaterThan(1)
    for (const [, { sending_queue, retry_on_failure }] of senders) {
      expect(sending_queue).toMatchObject({
        storage: 'file_storage/queue',
        queue_size: expect.any(Number),
        batch: expect.any(Object),
      })
      expect(Number.parseInt(retry_on_failure.max_elapsed_time)).toBeLessThan(
        Number.parseInt(prometheus.storage.tsdb.out_of_order_time_window),
      )
    }
  })

  test('no placeholder remains after rendering', () => {
    expect(alertmanagerFile().match(/^(?! *#).*\$\{.*$/gm)).toBeNull()
  })

  test('the bridge receives every alert with a timeout, and its resolution', () => {
    const hooks = alertmanager.receivers.flatMap(({ webhook_configs = [] }) => webhook_configs)
    for (const hook of hooks) {
      expect(hook).toMatchObject({
        timeout: '10s',
        http_config: { authorization: { credentials_file: '/run/secrets/bridge_token' } },
      })
    }
    expect(hooks.map(({ send_resolved }) => send_resolved)).toEqual([true, false])
  })
})

interface Collector {
  readonly receivers: object
  readonly processors: object
  readonly connectors: object
  readonly extensions: object
  readonly exporters: Readonly<Record<string, { sending_queue: object; retry_on_failure: { max_elapsed_time: string } }>>
  readonly service: { readonly pipelines: Readonly<Record<string, { processors: string[] }>> }
}
interface Prometheus {
  readonly storage: { readonly tsdb: { readonly out_of_order_time_window: string } }
  readonly global: { readonly convert_classic_histograms_to_nhcb?: boolean }
  readonly otlp: { readonly convert_histograms_to_nhcb?: boolean }
  readonly scrape_configs: readonly { readonly metric_relabel_configs?: readonly { readonly regex: string }[] }[]
}
interface Alertmanager {
  readonly receivers: readonly { readonly webhook_configs?: readonly { readonly send_resolved: boolean }[] }[]
}
