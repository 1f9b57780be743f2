import { defaultAlertRules } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'
import { expect, test } from 'vitest'

import { evaluateRules, type TrackedRule, untold } from '../../src/alerts/evaluate-rules.ts'
import { inProcessRule } from '../../src/alerts/in-process-rule.ts'
import { healthOf } from './health.ts'
import { randomFrom } from './random-steps.ts'

const failing = (errorRate: number): SystemHealth => healthOf({ errorRate, score: 100 - 120 * Math.min(0.5, errorRate) })

/** What is told when these healths are seen, one a minute: `minute status severity name`. */
function told(healths: readonly SystemHealth[], rules: readonly TrackedRule[] = defaultRules()): string[] {
  let tracked = rules
  return healths.flatMap((health, minute) => {
    const evaluation = evaluateRules(tracked, health, minute * 60_000, { quietSeconds: 60, onThrown: () => {} })
    tracked = evaluation.tracked
    return evaluation.changes.map(({ status, rule }) => `${minute} ${status} ${rule.severity} ${rule.alertName}`)
  })
}

const defaultRules = (): TrackedRule[] => defaultAlertRules.map((rule) => untold(inProcessRule(rule)))
const minutes = (count: number, health: SystemHealth): SystemHealth[] => Array.from({ length: count }, () => health)

test('a broken swarm is one message, and one when it is over: the critical error rate mutes its warning and the health', () => {
  expect(told([...minutes(15, failing(0.9)), ...minutes(15, failing(0))])).toEqual([
    '2 firing critical SystemErrorRateCritical',
    '16 resolved critical SystemErrorRateCritical',
  ])
})

test('a warning that was told is told to be over, also when the critical alert mutes it by then', () => {
  const healths = [...minutes(7, failing(0.3)), ...minutes(5, failing(0.9)), ...minutes(3, failing(0))]
  expect(told(healths)).toEqual([
    '5 firing warning SystemErrorRateWarning',
    '9 firing critical SystemErrorRateCritical',
    '13 resolved critical SystemErrorRateCritical',
    '13 resolved warning SystemErrorRateWarning',
  ])
})

test('a muted warning is told once the critical alert is over and the warning is not', () => {
  expect(told([...minutes(8, failing(0.9)), ...minutes(2, failing(0.3))])).toEqual([
    '2 firing critical SystemErrorRateCritical',
    '9 resolved critical SystemErrorRateCritical',
    '9 firing warning SystemErrorRateWarning',
  ])
})

test('the critical health mutes the warning of the same name', () => {
  const low = healthOf({ score: 30 })
  expect(told([...minutes(12, low), ...minutes(2, healthOf())])).toEqual([
    '5 firing critical SwarmHealthLow',
    '13 resolved critical SwarmHealthLow',
  ])
})

test('a condition that throws does not fire, and the others go on', () => {
  const rule = (name: string, condition: () => boolean): TrackedRule =>
    untold(inProcessRule({ name, condition, severity: 'info', description: 'x' }))
  const broken = rule('Broken', () => {
    throw new Error('no')
  })
  expect(told([healthOf()], [broken, rule('Fine', () => true)])).toEqual(['0 firing info Fine'])
})

test('whatever happens, each alert is told firing and resolved in turn, firing first', () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const random = randomFrom(seed)
    const healths = Array.from({ length: 200 }, () =>
      healthOf({ errorRate: random(), score: 100 * random(), p95Seconds: 20 * random() }),
    )
    const rules = defaultAlertRules.map((rule) => untold(inProcessRule({ ...rule, forSeconds: Math.floor(random() * 180) })))
    const last = new Map<string, string>()
    for (const line of told(healths, rules)) {
      const [, status, ...alert] = line.split(' ')
      expect(status, `seed ${seed}`).toBe(last.get(alert.join(' ')) === 'firing' ? 'resolved' : 'firing')
      last.set(alert.join(' '), status!)
    }
  }
})
