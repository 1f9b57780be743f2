import { type AlertRuleName, defaultAlertRules } from '@swarmwatch/config'
import { currentExecution, startExecution, type SystemHealth } from '@swarmwatch/sdk'
import { describe, expect, test } from 'vitest'

import { activeAlert } from '../../src/alerts/alert-receiver.ts'
import { conditionRuleProblems, inProcessRule } from '../../src/alerts/in-process-rule.ts'
import { startLongAgo } from '../start-long-ago.ts'
import { healthOf } from './health.ts'

/** The finding of the default rule of this name; undefined when it does not hold. */
function finding(name: AlertRuleName, severity: string, health: Partial<SystemHealth>): string | undefined {
  const rule = inProcessRule(defaultAlertRules.find((one) => one.name === name && one.severity === severity)!)
  return rule.holds(healthOf(health)) ? rule.finding(healthOf(health)) : undefined
}

test.each([
  ['high_error_rate', 'critical', { errorRate: 0.62 }, 'error rate 62 % is above 50 %'],
  ['high_error_rate', 'critical', { errorRate: 0.504 }, 'error rate 50.4 % is above 50 %'],
  ['high_error_rate', 'critical', { errorRate: 0.5 }, undefined],
  ['elevated_error_rate', 'warning', { errorRate: 0.21 }, 'error rate 21 % is above 20 %'],
  ['elevated_error_rate', 'warning', { errorRate: 0.2 }, undefined],
  ['slow_response', 'warning', { p95Seconds: 12.34 }, '95 % of the executions take up to 12.3 s, above 10 s'],
  ['slow_response', 'warning', { p95Seconds: 10 }, undefined],
  ['slow_response', 'warning', {}, undefined],
  ['low_health', 'critical', { score: 49.9 }, 'health score 49.9 is below 50'],
  ['low_health', 'critical', { score: 50 }, undefined],
  ['low_health', 'warning', { score: 79 }, 'health score 79 is below 80'],
] as const)('%s (%s) finds in %j: %s', (name, severity, health, expected) => {
  expect(finding(name, severity, health)).toBe(expected)
})

test('one failure out of one execution fires no alert', () => {
  const bad = { executions: 1, errorRate: 1, p95Seconds: 100, score: 15 }
  expect(defaultAlertRules.map(({ name, severity }) => finding(name, severity, bad)).filter(Boolean)).toEqual([])
})

test('each name needs its least number of executions: half of the thresholds, because the window is half as long', () => {
  const bad = { errorRate: 1, p95Seconds: 100, score: 15 }
  const least = (name: AlertRuleName, severity: string): number =>
    Array.from({ length: 50 }, (_, executions) => executions).findIndex((executions) =>
      finding(name, severity, { ...bad, executions }),
    )
  const ofHealth = defaultAlertRules.filter(({ name }) => name !== 'stuck_run')
  expect(ofHealth.map(({ name, severity }) => [name, severity, least(name, severity)])).toEqual([
    ['high_error_rate', 'critical', 5],
    ['elevated_error_rate', 'warning', 10],
    ['slow_response', 'warning', 3],
    ['low_health', 'critical', 5],
    ['low_health', 'warning', 5],
  ])
})

describe('stuck_run', () => {
  const run20Times = (agentName: string, seconds: number): void => {
    for (let run = 0; run < 20; run += 1) startExecution(agentName).complete({ success: true, metrics: { duration: seconds } })
  }

  test('finds the run that has made no progress for longest, with its last step', () => {
    run20Times('finder', 12)
    const stuck = startLongAgo('finder', 3_600)
    expect(finding('stuck_run', 'warning', {})).toBe(
      `run ${stuck.id} of finder has made no progress for 60 min, since "attempt started"; 99 % of its runs end within 12 s`,
    )
    stuck.complete({ success: true })
    expect(finding('stuck_run', 'warning', {})).toBe(undefined)
  })

  test('does not report that runs end within 0 s', () => {
    run20Times('quick', 0.004)
    const stuck = startLongAgo('quick', 60)
    expect(finding('stuck_run', 'warning', {})).toContain('of quick has made no progress for 60 s')
    expect(finding('stuck_run', 'warning', {})).toMatch(/99 % of its runs end within 0\.1 s$/)
    stuck.complete({ success: true })
  })

  test('finds no run before three times the usual duration, and none of an unknown duration before 15 minutes', () => {
    run20Times('patient', 30)
    const runs = [startLongAgo('patient', 80), startLongAgo('unknown', 890)]
    expect(finding('stuck_run', 'warning', {})).toBe(undefined)
    runs.push(startLongAgo('unknown', 910))
    expect(finding('stuck_run', 'warning', {})).toContain('of unknown has made no progress for 15 min, since "attempt started"')
    for (const run of runs) run.complete({ success: false })
  })

  test('finds no paused run', () => {
    const paused = startLongAgo('approver', 3_600)
    paused.within(() => currentExecution()!.pause('approval'))
    expect(finding('stuck_run', 'warning', {})).toBe(undefined)
    paused.complete({ success: true })
  })
})

test('a rule in code shows its description and threshold', () => {
  const rule = inProcessRule({
    name: 'SwarmTooBusy',
    condition: ({ activeExecutions }) => activeExecutions > 50,
    severity: 'warning',
    threshold: 50,
    description: 'too many executions at once',
  })
  expect([
    rule.holds(healthOf({ activeExecutions: 51 })),
    rule.holds(healthOf()),
    rule.finding(healthOf()),
    rule.forSeconds,
  ]).toEqual([true, false, 'too many executions at once (threshold 50)', 0])
})

test('an alert carries its runbook: below the address of the settings, or the one of the rule in code', () => {
  const named = { name: 'low_health', threshold: 50, severity: 'critical', forSeconds: 0 } as const
  const runbookOf = (...given: Parameters<typeof inProcessRule>): string | undefined =>
    activeAlert(inProcessRule(...given), { finding: 'x', sinceMs: 0 }, {}).annotations.runbook_url
  expect(runbookOf(named, 'https://wiki.example.com/runbooks/')).toBe('https://wiki.example.com/runbooks/SwarmHealthLow.md')
  expect(runbookOf(named)).toBeUndefined()
  const own = { name: 'A', condition: () => true, severity: 'info', description: 'a', runbookUrl: 'https://a.example/b' } as const
  expect(runbookOf(own, 'https://wiki.example.com')).toBe('https://a.example/b')
})

test('rules in code are checked as a whole, by their place among all rules', () => {
  const fine = { name: 'A', condition: () => true, severity: 'info', description: 'a' } as const
  const named = { name: 'slow_response', threshold: 20 } as const
  expect(conditionRuleProblems([fine, named, { ...fine, severity: 'warning' }])).toEqual([])
  const broken = {
    name: 'a\nb',
    condition: 1,
    severity: 'bad',
    threshold: '1',
    description: '',
    forSeconds: -1,
    runbookUrl: 'javascript:1',
  }
  const problems = conditionRuleProblems([fine, named, fine, broken as never])
  expect(problems.map(({ path, rule, value }) => [path, rule, value].join(' | '))).toEqual([
    'alerts.rules[2].name | must not be listed twice with the same severity | "A"',
    'alerts.rules[3].name | must be one line of at most 200 characters | "a\\nb"',
    'alerts.rules[3].condition | must be a function (health) => boolean | 1',
    'alerts.rules[3].severity | must be critical, warning or info | "bad"',
    'alerts.rules[3].description | must be one line of at most 200 characters | ""',
    'alerts.rules[3].threshold | must be a number | "1"',
    'alerts.rules[3].forSeconds | must be a number of seconds, 0 or more | -1',
    'alerts.rules[3].runbookUrl | must be an http or https URL | "javascript:1"',
  ])
})
