import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { metricNames, recordedSeries, sdkSeries } from './metric-names.ts'
import { runbooks } from './runbooks.ts'
import {
  blockStart,
  composeCommands,
  kubernetesCommand,
  withKubernetesCommands,
  workloads,
} from '../src/kubernetes/runbook-commands.ts'
import { isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

const files = ruleFiles(readMixinSettings(join(repositoryRoot, 'config/production.yaml')))
const rules = files.flatMap(({ groups }) => groups.flatMap((group) => group.rules))
const alerts = [...new Set(rules.filter(isAlert).map(({ alert }) => alert))]
const recorded = recordedSeries(files)
const ofRules = new Set(rules.flatMap(({ expr }) => metricNames(expr)))
// Series of the components and the runtime that runbooks read, but no rule
const others = new Set([
  'worker_queue_tasks',
  'ALERTS',
  'bridge_database_size_bytes',
  'bridge_database_standby_lag_seconds',
  'bridge_database_wait_seconds_total',
  'bridge_deliveries_total',
  'bridge_heartbeats_total',
  'bridge_peer_age_seconds',
  'bridge_watchdog_age_seconds',
  'nodejs_eventloop_time_seconds_total',
  'otelcol_exporter_sent_metric_points_total',
  'otelcol_process_memory_rss_bytes',
  'otelcol_receiver_accepted_metric_points_total',
  'prometheus_notifications_dropped_total',
  'target_info',
])
// Reports of the bridge itself, which no rule makes
const ofBridge = ['RegionSilent']
const pages = runbooks.filter(({ name }) => name !== 'README')

test('every alert has a runbook, and every runbook an alert', () => {
  const names = pages.map(({ name }) => name)
  expect({
    alertsWithoutRunbook: alerts.filter((alert) => !names.includes(alert)),
    runbooksWithoutAlert: names.filter((name) => !alerts.includes(name) && !ofBridge.includes(name)),
  }).toEqual({ alertsWithoutRunbook: [], runbooksWithoutAlert: [] })
})

test('every alert has promises, with a time at which it fires and, except the Watchdog, one at which it is silent', () => {
  const folder = join(import.meta.dirname, 'alerts')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const promised = texts.flatMap((text) => text.split('alertPromises(').slice(1))
  for (const alert of alerts) {
    const own = promised.filter((text) => text.trimStart().startsWith(`'${alert}'`)).join('')
    expect(own, `${alert} needs alertPromises('${alert}', ...) with firesAt in packages/mixin/test/alerts`).toContain('firesAt')
    if (alert === 'Watchdog') continue
    expect(own, `${alert} needs silentAt in its alertPromises, in packages/mixin/test/alerts`).toContain('silentAt')
  }
})

describe('in Kubernetes', () => {
  const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')

  test('every runbook ends with the kubectl form of each of its commands: run `pnpm mixin` where this fails', () => {
    for (const { name } of pages) {
      const text = read(`docs/runbooks/${name}.md`)
      expect(text, name).toBe(withKubernetesCommands(text))
      for (const command of composeCommands(text)) expect(text.split(blockStart)[1], name).toContain(`# ${command}\nkubectl `)
    }
    expect(pages.filter(({ text }) => composeCommands(text).length > 0).length).toBeGreaterThan(20)
  })

  test('the commands name objects and labels of the chart', () => {
    const base = read('deploy/kustomize/base/swarmwatch.yaml')
    const worker = read('deploy/helm/swarmwatch/templates/worker.yaml')
    for (const [service, { namespace, selector, target }] of Object.entries(workloads)) {
      if (namespace !== 'swarmwatch' || service === 'SERVICE') continue
      const [, component] = selector.split('=')
      const [kind = '', name = ''] = target.split('/')
      if (kind === 'service') {
        expect(base).toContain(`app.kubernetes.io/component: ${component}`)
        expect(base).toMatch(new RegExp(`kind: Service\nmetadata:\n  name: ${name}\n`))
      } else expect(worker).toContain(`"${component}"`)
    }
  })

  test('a command without a form for Kubernetes is an error that names it', () => {
    expect(() => kubernetesCommand('dc pause alert-bridge')).toThrow('no form for Kubernetes of: dc pause alert-bridge')
    expect(() => kubernetesCommand('dc restart bridge')).toThrow('names no service of the stack: dc restart bridge')
  })
})

describe.each(pages.map((page) => [page.name, page] as const))(
  'the runbook of %s',
  (alert, { text, commandLines, inlineCode }) => {
    test('describes the problem and its effect, and has three checks and a cure', () => {
      expect(text.startsWith(`# ${alert}\n`)).toBe(true)
      expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
        'What happened',
        'How bad is it',
        'What to check',
        'What to do',
        'Silence',
      ])
      expect([...text.matchAll(/^\d\. /gm)]).toHaveLength(3)
      expect(text.split('```sh')).toHaveLength(4)
    })

    test('prints a command to silence its own alert, or "Do not silence" and no such command', () => {
      const silences = [...commandLines, ...inlineCode].filter((line) => /^silence |\bsilence add\b/.test(line))
      const section = text.slice(text.indexOf('\n## Silence\n'))
      const isForbidden = section.includes('\n\nDo not silence')
      expect(silences).toHaveLength(isForbidden ? 0 : 1)
      for (const line of silences) expect(line).toMatch(new RegExp(`^silence \\d+[mhdw] alertname=${alert}( |$)`))
    })

    test('names each function of the README that its commands use', () => {
      const used = ['dc', 'query', 'amtool', 'silence'].filter((name) =>
        [...commandLines, ...inlineCode].some((line) => new RegExp(`(^|[ (])${name} `).test(line.replaceAll(/'[^']*'/g, "''"))),
      )
      const named = /^Paste the functions? (.*?) from$/s.exec(
        text.replaceAll('\n', ' ').split('[README]')[0]!.split('## What to check ')[1]!.trim(),
      )
      expect([...(named?.[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(used)
    })

    test('is short, and plain ASCII', () => {
      expect(text.split('\n').length).toBeLessThanOrEqual(50)
      expect(/[^\n -~]/.exec(text)).toBeNull()
    })

    test('reads only series that exist', () => {
      const queries = [...text.matchAll(/query '([^']*)'/g)].map(([, expr]) => expr!)
      const names = queries.flatMap(metricNames)
      const unknown = names.filter(
        (name) => !sdkSeries.has(name) && !recorded.has(name) && !ofRules.has(name) && !others.has(name),
      )
      expect(unknown).toEqual([])
    })
  },
)
