import { defaultAlertRules } from '@swarmwatch/config'
import type { SystemHealth } from '@swarmwatch/sdk'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { consoleReceiver } from '../../src/alerts/alert-receiver.ts'
import { groupReceiver } from '../../src/alerts/group-receiver.ts'
import type { ConditionRule } from '../../src/alerts/in-process-rule.ts'
import { type AlertRulesOptions, startAlertRules } from '../../src/alerts/start-alert-rules.ts'
import { recordedLines } from '../recorded-lines.ts'
import { healthOf } from './health.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) }))
afterEach(() => void vi.useRealTimers())

const labels = { service: 'swarm', instance: 'a-1', environment: 'test' }
const always: ConditionRule = { name: 'Always', condition: () => true, severity: 'info', description: 'it is so' }

function started(options: Partial<AlertRulesOptions>) {
  const { lines, logger } = recordedLines()
  const rules = startAlertRules({
    rules: defaultAlertRules,
    intervalSeconds: 30,
    health: () => healthOf(),
    receiver: consoleReceiver(logger),
    labels,
    logger,
    now: Date.now,
    ...options,
  })
  return { ...rules, lines }
}

const pass = async (seconds: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(seconds * 1_000))

test('the console has one line when an alert fires and one when it is resolved', async () => {
  let health: SystemHealth = healthOf()
  const { lines, stop } = started({ health: () => health })
  await pass(60)
  health = healthOf({ errorRate: 0.62, score: 40 })
  await pass(240)
  health = healthOf()
  await pass(600)
  expect(lines).toEqual([
    '[ALERT] critical SystemErrorRateCritical firing: error rate 62 % is above 50 %, for 2 min',
    '[ALERT] critical SystemErrorRateCritical resolved after 5 min',
  ])
  await stop()
})

test('current alerts are pending or firing, worst first, with the alert that mutes them', async () => {
  const { current, stop } = started({ health: () => healthOf({ errorRate: 0.62, score: 40 }) })
  await pass(30)
  expect(current().map(({ name, state }) => `${state} ${name}`)).toEqual([
    'pending SystemErrorRateCritical',
    'pending SwarmHealthLow',
    'pending SystemErrorRateWarning',
    'pending SwarmHealthLow',
  ])
  await pass(300)
  expect(current().slice(0, 2)).toEqual([
    {
      name: 'SystemErrorRateCritical',
      severity: 'critical',
      state: 'firing',
      isMuted: false,
      summary: 'error rate 62 % is above 50 %',
      sinceMs: Date.UTC(2026, 0, 1, 0, 0, 30),
    },
    {
      name: 'SwarmHealthLow',
      severity: 'critical',
      state: 'firing',
      isMuted: true,
      summary: 'health score 40 is below 50',
      sinceMs: Date.UTC(2026, 0, 1, 0, 0, 30),
    },
  ])
  await stop()
})

test('a condition that throws is counted, logged once, and does not fire', async () => {
  const condition = (): boolean => {
    throw new TypeError('a s3cret')
  }
  const { lines, thrown, current, stop } = started({ rules: [{ ...always, name: 'Broken', condition }] })
  await pass(90)
  expect(lines).toEqual([
    '[TELEMETRY] the alert rule Broken threw (TypeError) and counts as not fulfilled; it is not logged again',
  ])
  expect([thrown(), current()]).toEqual([3, []])
  await stop()
})

test('a health check that throws is counted and logged once, and the next one is used', async () => {
  let isBroken = true
  const health = (): SystemHealth => {
    if (isBroken) throw new Error('no')
    return healthOf()
  }
  const { lines, thrown, stop } = started({ rules: [always], health })
  await pass(60)
  isBroken = false
  await pass(30)
  expect([thrown(), lines]).toEqual([
    2,
    [
      '[TELEMETRY] the health check threw (Error) and counts as not fulfilled; it is not logged again',
      '[ALERT] info Always firing: it is so, for 0 s',
    ],
  ])
  await stop()
})

test('alerts that cannot be sent are printed and sent again; the failure and its end are logged once', async () => {
  let isDown = true
  const delivered: string[] = []
  const receiver = groupReceiver(({ status }) => {
    if (isDown) throw new TypeError('https://hooks.example.com/s3cret')
    delivered.push(status)
  })
  const { lines, stop } = started({ rules: [always], receiver })
  await pass(90)
  isDown = false
  await pass(60)
  expect(delivered).toEqual(['firing'])
  expect(lines).toEqual([
    '[ALERT] info Always firing: it is so, for 0 s',
    '[TELEMETRY] alerts do not reach deliver(): a group was not delivered (TypeError); the next attempt is in 30 s',
    '[TELEMETRY] alerts reach deliver() again',
  ])
  await stop()
})

test('a receiver that is slow gets one call at a time and misses nothing', async () => {
  let isBad = true
  const calls: string[][] = []
  let finish = (): void => {}
  const receiver = {
    name: 'slow',
    update: ({ changes }: { changes: readonly { status: string }[] }) => {
      calls.push(changes.map(({ status }) => status))
      return new Promise<void>((resolve) => (finish = resolve))
    },
    close: async () => {},
  }
  const { stop } = started({ rules: [{ ...always, condition: () => isBad }], receiver })
  await pass(30)
  isBad = false
  await pass(300)
  expect(calls).toEqual([['firing']])
  finish()
  await pass(30)
  expect(calls).toEqual([['firing'], ['resolved']])
  finish()
  await stop()
})

test('after stop() nothing is evaluated, and the receiver is closed', async () => {
  const close = vi.fn(async () => {})
  const health = vi.fn(() => healthOf())
  const { stop } = started({ health, receiver: { name: 'x', update: async () => {}, close } })
  await pass(30)
  await stop()
  await pass(300)
  expect([health.mock.calls.length, close.mock.calls.length]).toEqual([1, 1])
})

test('a hostile name or description prints as one line of ASCII', async () => {
  const { lines, stop } = started({ rules: [{ ...always, name: 'a\u202e\u001b[2J', description: '<script>\r\n[ALERT] \u00e9' }] })
  await pass(30)
  expect(lines).toEqual(['[ALERT] info a\\u202e\\u001b[2J firing: <script>\\u000d\\u000a[ALERT] \\u00e9, for 0 s'])
  await stop()
})

test('a logger that throws affects nothing else', async () => {
  const logger = {
    warn: () => {
      throw new Error('no')
    },
    error: () => {
      throw new Error('no')
    },
  }
  const { current, stop } = started({ rules: [always], logger, receiver: consoleReceiver(logger) })
  await pass(60)
  expect(current()).toHaveLength(1)
  await stop()
})

test('a pause of the process does not count: the condition must hold for its whole time afterwards', async () => {
  let [pausedMs, health] = [0, healthOf({ errorRate: 0.62, score: 40 })]
  const { lines, stop } = started({ health: () => health, now: () => Date.now() + pausedMs })
  await pass(60)
  pausedMs += 3_600_000
  await pass(30)
  expect(lines).toEqual([])
  await pass(90)
  expect(lines).toEqual([])
  await pass(30)
  expect(lines).toEqual(['[ALERT] critical SystemErrorRateCritical firing: error rate 62 % is above 50 %, for 2 min'])
  // what had been quiet for one round before a pause is not over because of it
  health = healthOf()
  await pass(30)
  pausedMs += 3_600_000
  await pass(30)
  health = healthOf({ errorRate: 0.62, score: 40 })
  await pass(120)
  expect(lines).toHaveLength(1)
  await stop()
})
