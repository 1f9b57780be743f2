import { defaultAlertRules } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { evaluateRules, type TrackedRule, unevaluated } from '../../src/alerts/evaluate-rules.ts'
import { inProcessRule } from '../../src/alerts/in-process-rule.ts'
import { healthOf } from './health.ts'
import { randomFrom } from './random-steps.ts'

const failing = (errorRate: number): SystemHealth => healthOf({ errorRate, score: 100 - 120 * Math.min(0.5, errorRate) })

/** The changes that these healths cause, one health a minute: `minute status severity name`. */
function changesOf(healths: readonly SystemHealth[], rules: readonly TrackedRule[] = defaultRules()): string[] {
  let tracked = rules
  return healths.flatMap((health, minute) => {
    const evaluation = evaluateRules(tracked, health, minute * 60_000, { quietSeconds: 60, onThrown: () => {} })
    tracked = evaluation.tracked
    return evaluation.changes.map(({ status, rule }) => `${minute} ${status} ${rule.severity} ${rule.alertName}`)
  })
}

const defaultRules = (): TrackedRule[] => defaultAlertRules.map((rule) => unevaluated(inProcessRule(rule)))
const minutes = (count: number, health: SystemHealth): SystemHealth[] => Array.from({ length: count }, () => health)

test('a broken swarm is one message, and one when it is resolved: the critical error rate mutes its warning and the health', () => {
  expect(changesOf([...minutes(15, failing(0.9)), ...minutes(15, failing(0))])).toEqual([
    '2 firing critical SystemErrorRateCritical',
    '16 resolved critical SystemErrorRateCritical',
  ])
})

test('a warning that was sent is reported as resolved, also when the critical alert mutes it by then', () => {
  const healths = [...minutes(7, failing(0.3)), ...minutes(5, failing(0.9)), ...minutes(3, failing(0))]
  expect(changesOf(healths)).toEqual([
    '5 firing warning SystemErrorRateWarning',
    '9 firing critical SystemErrorRateCritical',
    '13 resolved critical SystemErrorRateCritical',
    '13 resolved warning SystemErrorRateWarning',
  ])
})

test('a muted warning is sent when it has held for its own time after the critical alert has ended', () => {
  expect(changesOf([...minutes(8, failing(0.9)), ...minutes(6, failing(0.3))])).toEqual([
    '2 firing critical SystemErrorRateCritical',
    '9 resolved critical SystemErrorRateCritical',
    '13 firing warning SystemErrorRateWarning',
  ])
})

test.each([0, 1, 2, 3, 4])('a muted alert that ends %i minutes after the one that muted it is never sent', (later) => {
  expect(changesOf([...minutes(15, failing(0.9)), ...minutes(1 + later, failing(0.45)), ...minutes(9, failing(0))])).toEqual([
    '2 firing critical SystemErrorRateCritical',
    '16 resolved critical SystemErrorRateCritical',
  ])
})

test('an alert that was muted, and is quiet when the mute ends, is not sent before its condition holds again', () => {
  const rule = (name: 'high_error_rate' | 'low_health') =>
    unevaluated(inProcessRule({ name, threshold: name === 'low_health' ? 50 : 0.5, severity: 'critical', forSeconds: 0 }))
  const seen = (errorRate: number, score: number): SystemHealth => healthOf({ errorRate, score })
  const healths = [seen(0.9, 20), seen(0, 20), seen(0, 100), seen(0, 100), seen(0, 100)]
  expect(changesOf(healths, [rule('high_error_rate'), rule('low_health')])).toEqual([
    '0 firing critical SystemErrorRateCritical',
    '2 resolved critical SystemErrorRateCritical',
  ])
})

test('the critical health mutes the warning of the same name', () => {
  const low = healthOf({ score: 30 })
  expect(changesOf([...minutes(12, low), ...minutes(2, healthOf())])).toEqual([
    '5 firing critical SwarmHealthLow',
    '13 resolved critical SwarmHealthLow',
  ])
})

test('a condition that throws does not fire, and the others are still evaluated', () => {
  const rule = (name: string, condition: () => boolean): TrackedRule =>
    unevaluated(inProcessRule({ name, condition, severity: 'info', description: 'x' }))
  const broken = rule('Broken', () => {
    throw new Error('no')
  })
  expect(changesOf([healthOf()], [broken, rule('Fine', () => true)])).toEqual(['0 firing info Fine'])
})

test('whatever happens, each alert is reported as firing and as resolved in turn, firing first', () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const random = randomFrom(seed)
    const healths = Array.from({ length: 200 }, () =>
      healthOf({ errorRate: random(), score: 100 * random(), p95Seconds: 20 * random() }),
    )
    const rules = defaultAlertRules.map((rule) => unevaluated(inProcessRule({ ...rule, forSeconds: Math.floor(random() * 180) })))
    const last = new Map<string, string>()
    for (const line of changesOf(healths, rules)) {
      const [, status, ...alert] = line.split(' ')
      expect(status, `seed ${seed}`).toBe(last.get(alert.join(' ')) === 'firing' ? 'resolved' : 'firing')
      last.set(alert.join(' '), status!)
    }
  }
})
