import { join } from 'node:path'

import { healthWeights } from '@swarmwatch/sdk/health-score'
import { expect, test } from 'vitest'

import { root } from '../engines/stack-files.ts'
import { metricNames } from './metric-names.ts'
import { dashboardPlans } from '../src/dashboards/dashboard-plans.ts'
import { type Limits, limitsOf } from '../src/dashboards/limits.ts'
import type { Panel } from '../src/dashboards/panel.ts'
import { isAlert } from '../src/rule.ts'
import { ruleThresholds } from '../src/rule-thresholds.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

const settings = readMixinSettings(join(root, 'config/production.yaml'))
const rules = ruleFiles(settings).flatMap(({ groups }) => groups.flatMap((group) => group.rules))

/**
 * Panels whose limit needs no rule: one alert or error is too many, and a budget below zero is
 * spent.
 */
const withoutRule = ['How many alerts fire?', 'Did telemetry code fail?', 'How much budget is left?']

/** Every limit that a panel or a column shows, with the queries it is about. */
const shown = dashboardPlans(settings).flatMap(({ rows }) =>
  rows.flatMap(({ panels }) =>
    panels
      .filter(({ title }) => !withoutRule.includes(title))
      .flatMap((panel) => limitsIn(panel).map((each) => ({ ...each, title: panel.title }))),
  ),
)

test.for(shown.map((each) => [`${each.title} ${each.value}`, each] as const))(
  '%s is the limit of a rule',
  ([, { value, exprs }]) => {
    const read = new Set(exprs.flatMap(metricNames))
    // A rule may look at what the series is computed from, or at a recording of it, instead
    const shownRecordings = rules.filter((rule) => !isAlert(rule) && read.has(rule.record))
    for (const { expr } of shownRecordings) for (const name of metricNames(expr)) read.add(name)
    for (const rule of rules) if (!isAlert(rule) && metricNames(rule.expr).some((name) => read.has(name))) read.add(rule.record)
    const watching = rules.filter(({ expr }) => metricNames(expr).some((name) => read.has(name)))
    // An alert has its limit as it is; the health score has where its parts begin, and how far they
    // go
    const { from, to } = healthWeights.resources
    const written = [String(value), ...(value === to ? [`- ${from}) / ${(to - from).toFixed(1)}`] : [])]
    const inBridge = value === ruleThresholds.watchdogSeconds && read.has('bridge_watchdog_age_seconds')
    const isWritten = watching.some(({ expr }) => written.some((limit) => spaced(expr).includes(spaced(limit))))
    expect(inBridge || isWritten).toBe(true)
  },
)

test('limits follow the settings file', () => {
  const rule = settings.rules.find(({ name }) => name === 'slow_response')!
  const moved = {
    ...settings,
    rules: [
      { ...rule, threshold: 25 },
      { ...rule, threshold: 60, severity: 'critical' as const },
    ],
  }
  expect(limitsOf(moved, 'above', 'slow_response')).toEqual({ side: 'above', warning: 25, critical: 60 })
  expect(limitsOf(settings, 'below', 'low_health')).toEqual({ side: 'below', warning: 80, critical: 50 })
})

function limitsIn(panel: Panel): { value: number; exprs: string[] }[] {
  const all = Object.values(panel.queries).map(({ expr }) => expr)
  const ofColumns = panel.shows === 'table' ? Object.entries(panel.columns) : []
  return [
    ...values(panel.limits).map((value) => ({ value, exprs: all })),
    ...ofColumns.flatMap(([field, { limits }]) =>
      values(limits).map((value) => ({ value, exprs: [panel.queries[field.replace('Value #', '')]!.expr] })),
    ),
  ]
}

function values(limits: Limits | undefined): number[] {
  return [limits?.warning, limits?.critical].filter((value) => value !== undefined)
}

/** So that 0.5 is not found in 0.55. */
function spaced(text: string): string {
  return ` ${text}`.replaceAll(/(?<=\d)(?=\D|$)/g, ' ')
}
