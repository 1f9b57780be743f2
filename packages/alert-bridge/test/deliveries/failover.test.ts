import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing, resolved } from '../helpers/alert-groups.ts'
import { broken, delivered, failing, recordingChannel, type RecordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const critical = firing({ name: 'Down', severity: 'critical' })
const titles = ({ delivered: all }: RecordingChannel): string[] => all.map(({ notice }) => `${notice.kind} ${notice.title}`)

test('notifies the fallback channels of a critical alert only when no other channel worked, and then also of its end', async () => {
  const main = recordingChannel({ answer: failing })
  const reserve = recordingChannel({ name: 'reserve', fallback: true })
  const times = { ...shortTimes, fallbackAfterMs: 400 }
  const bridge = await startedBridge({ channels: [main, reserve], times })
  const sentAt = performance.now()
  await bridge.post('/api/v1/alerts', critical)
  await eventually('the reserve to be told', () => titles(reserve).includes('firing Down'))
  expect(performance.now() - sentAt).toBeGreaterThan(390)
  expect(await bridge.metric('bridge_fallbacks_total{channel="reserve"}')).toBe(1)
  main.answer = delivered
  await bridge.post('/api/v1/alerts', resolved({ name: 'Down', severity: 'critical' }))
  await bridge.idle()
  expect(titles(reserve)).toContain('resolved Down')
})

test('leaves the reserve in peace when a channel was reached', async () => {
  const main = recordingChannel()
  const reserve = recordingChannel({ name: 'reserve', fallback: true })
  let shift = 0
  const times = { ...shortTimes, fallbackAfterMs: 60_000 }
  const bridge = await startedBridge({ channels: [main, reserve], times, now: () => Date.now() + shift })
  await bridge.post('/api/v1/alerts', critical)
  await bridge.idle()
  shift = 120_000
  bridge.service.core.wake()
  await eventually('the time to be over', async () => (await bridge.service.core.store.nextFailoverAt()) === undefined)
  expect(reserve.tries).toEqual([])
})

test('does not count a line on the console as a notified recipient', async () => {
  const consoles = recordingChannel({ name: 'console', isLastResort: true })
  const main = recordingChannel({ answer: failing })
  const reserve = recordingChannel({ name: 'reserve', fallback: true })
  await (await startedBridge({ channels: [consoles, main, reserve], times: shortTimes })).post('/api/v1/alerts', critical)
  await eventually('the reserve to be told', () => titles(reserve).includes('firing Down'))
})

test('notifies the fallback immediately when there is no other channel', async () => {
  const reserve = recordingChannel({ fallback: true })
  const bridge = await startedBridge({ channels: [reserve], times: { ...shortTimes, fallbackAfterMs: 60_000 } })
  await bridge.post('/api/v1/alerts', critical)
  await bridge.idle()
  expect(titles(reserve)).toEqual(['firing Down'])
})

test('notifies the fallback immediately when all other deliveries are dead letters', async () => {
  const main = recordingChannel({ answer: () => ({ kind: 'undeliverable', reason: '550' }) })
  const reserve = recordingChannel({ name: 'reserve', fallback: true })
  const bridge = await startedBridge({ channels: [main, reserve], times: { ...shortTimes, fallbackAfterMs: 60_000 } })
  await bridge.post('/api/v1/alerts', critical)
  await eventually('the reserve to be told', () => reserve.delivered.length === 1)
})

test('prints one line on the console when no recipient could be notified', async () => {
  const main = recordingChannel({ answer: broken })
  const reserve = recordingChannel({ name: 'reserve', fallback: true, answer: failing })
  let shift = 0
  // both times pass when the clock is moved, so that a slow machine has stored what failed before
  const times = { ...shortTimes, fallbackAfterMs: 60_000 }
  const bridge = await startedBridge({ channels: [main, reserve], times, now: () => Date.now() + shift })
  await bridge.post('/api/v1/alerts', critical)
  for (const failures of [1, 2]) {
    await eventually(
      'the failures to be stored',
      async () => (await bridge.deliveries()).filter(({ title, reason }) => title === 'Down' && reason).length === failures,
    )
    shift += 120_000
    bridge.service.core.wake()
  }
  const line = await eventually('the line', () =>
    bridge.lines.find((one) => one.startsWith('[ALERT] ') && one.includes('"Down"')),
  )
  expect(JSON.parse(line.slice('[ALERT] '.length))).toMatchObject({
    severity: 'critical',
    kind: 'firing',
    title: 'Down',
    summary: 'Down on planner',
    runbook: 'https://example.com/runbook',
    failed: { main: 'HTTP 404', reserve: 'HTTP 500' },
  })
  expect(line).toMatch(/^[ -~]+$/)
  expect(await bridge.metric('bridge_fallbacks_total{channel="last_resort"}')).toBeGreaterThanOrEqual(1)
})

test('prints alerts without a channel on the console', async () => {
  const bridge = await startedBridge({ channels: [], times: shortTimes })
  await bridge.post('/api/v1/alerts', critical)
  await eventually('the line', () => bridge.lines.some((line) => line.includes('"Down"')))
})

test('sends a critical alert to all its channels at the same time', async () => {
  const some = ['a', 'b', 'c'].map((name) => recordingChannel({ name }))
  const other = recordingChannel({ name: 'd', severities: ['info'] })
  const bridge = await startedBridge({ channels: [...some, other], times: shortTimes })
  await bridge.post('/api/v1/alerts', critical)
  await bridge.idle()
  expect([...some, other].map((one) => one.delivered.length)).toEqual([1, 1, 1, 0])
})
