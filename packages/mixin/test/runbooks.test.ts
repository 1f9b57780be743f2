import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import { metricNames, recordedSeries, sdkSeries } from './metric-names.ts'
import { isAlert } from '../src/rule.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readSettings } from '../src/settings.ts'

const root = resolve(import.meta.dirname, '../../..')
const folder = join(root, 'docs/runbooks')
const files = ruleFiles(readSettings(join(root, 'config/production.yaml')))
const rules = files.flatMap(({ groups }) => groups.flatMap((group) => group.rules))
const alerts = [...new Set(rules.filter(isAlert).map(({ alert }) => alert))]
const recorded = recordedSeries(files)
const ofRules = new Set(rules.flatMap(({ expr }) => metricNames(expr)))
// Named in checks, but in no rule: what the components and the runtime send besides
const others = new Set([
  'ALERTS',
  'bridge_deliveries_total',
  'bridge_watchdog_age_seconds',
  'nodejs_eventloop_time_seconds_total',
  'otelcol_exporter_sent_metric_points_total',
  'otelcol_process_memory_rss_bytes',
  'otelcol_receiver_accepted_metric_points_total',
  'prometheus_notifications_dropped_total',
  'target_info',
])

test('every alert has a runbook, and every runbook an alert', () => {
  const pages = readdirSync(folder).map((name) => name.replace(/\.md$/, ''))
  expect(pages.filter((name) => name !== 'README').toSorted()).toEqual(alerts.toSorted())
})

test('every alert has promises, with a time at which it fires', () => {
  const tests = readdirSync(join(import.meta.dirname, 'alerts')).map((name) =>
    readFileSync(join(import.meta.dirname, 'alerts', name), 'utf8'),
  )
  const promised = tests.flatMap((text) => text.split('alertPromises(').slice(1))
  for (const alert of alerts) {
    const own = promised.filter((text) => text.trimStart().startsWith(`'${alert}'`)).join('')
    expect(own, alert).toContain('firesAt')
  }
})

describe.each(alerts)('the runbook of %s', (alert) => {
  const page = readFileSync(join(folder, `${alert}.md`), 'utf8')
  const queries = [...page.matchAll(/query '([^']*)'/g)].map(([, expr]) => expr!)

  test('says what it means, what users feel, what to check, how to cure it and when to silence it', () => {
    expect(page.startsWith(`# ${alert}\n`)).toBe(true)
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'What it means',
      'What users feel',
      'First three checks',
      'Cures',
      'When to silence',
    ])
    expect([...page.matchAll(/^\d\. /gm)]).toHaveLength(3)
    expect(page.split('```sh')).toHaveLength(4)
  })

  test('is short, and plain ASCII', () => {
    expect(page.split('\n').length).toBeLessThanOrEqual(46)
    expect(/[^\n -~]/.exec(page)).toBeNull()
  })

  test('asks only for series that exist', () => {
    const names = queries.flatMap(metricNames)
    const unknown = names.filter((name) => !sdkSeries.has(name) && !recorded.has(name) && !ofRules.has(name) && !others.has(name))
    expect(unknown).toEqual([])
  })
})
