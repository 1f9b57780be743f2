import { expect, test } from 'vitest'

import { alertNames, defaultAlertRules, loadConfiguration, type Configuration } from '../src/index.ts'
import { folderWith } from './folder-with.ts'
import { problemsOf } from './problems-of.ts'

const folder = (rules: string): string => folderWith({ 'config/production.yaml': `alerts:\n  rules: [${rules}]` })
const load = (rules: string): Configuration => loadConfiguration({ env: {}, cwd: folder(rules) })

test('every default rule has an alert with a name', () => {
  expect(defaultAlertRules.map(({ name, severity }) => `${alertNames[name]} ${severity}`)).toEqual([
    'SystemErrorRateCritical critical',
    'SystemErrorRateWarning warning',
    'AgentSlowResponses warning',
    'SwarmHealthLow critical',
    'SwarmHealthLow warning',
    'AgentRunStuck warning',
  ])
})

test('a rule of the file replaces the default rules with the same name', () => {
  const { alerts, origins } = load('{ name: low_health, threshold: 40 }')
  expect(alerts.rules.filter(({ name }) => name === 'low_health')).toEqual([
    { name: 'low_health', threshold: 40, severity: 'critical', forSeconds: 300 },
  ])
  expect(alerts.rules).toHaveLength(5)
  expect([origins['alerts.rules[0].threshold'], origins['alerts.rules[0].forSeconds']]).toEqual([
    'file config/production.yaml:alerts.rules[0].threshold',
    'default',
  ])
})

test('a rule without severity or time has those of the default rule', () => {
  const { alerts } = load(
    '{ name: slow_response, threshold: 2.5, severity: info, for: 0 }, { name: low_health, threshold: 70, severity: warning }',
  )
  expect(alerts.rules.slice(0, 2)).toEqual([
    { name: 'slow_response', threshold: 2.5, severity: 'info', forSeconds: 0 },
    { name: 'low_health', threshold: 70, severity: 'warning', forSeconds: 600 },
  ])
})

test('a rule without threshold, or listed twice, is a problem', () => {
  expect(
    problemsOf({ env: {}, cwd: folder('{ name: low_health }, { name: low_health, threshold: 5, severity: critical }') }),
  ).toEqual([
    'alerts.rules[0].threshold is missing; it must be a score above 0, at most 100 (config/production.yaml:2)',
    'alerts.rules[1].name must not be listed twice with the same severity, got "low_health" (config/production.yaml:2)',
  ])
})
