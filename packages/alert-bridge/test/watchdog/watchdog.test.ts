import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

import { sendHeartbeat } from '../../src/heartbeats/send-heartbeats.ts'
import { firing } from '../helpers/alert-groups.ts'
import { failing, recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const watchdog = firing({ name: 'Watchdog', severity: 'none' })

test('raises an alert itself when no Watchdog arrives, and reports when it is back', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], settings: { watchdogSeconds: 0.2 } })
  const reports = (): string[] => channel.delivered.map(({ notice }) => `${notice.severity} ${notice.kind} ${notice.title}`)
  await eventually('the alert', () => reports().length >= 1)
  expect(await bridge.metric('bridge_watchdog_age_seconds')).toBeGreaterThan(0.2)
  await bridge.post('/api/v1/alerts', watchdog)
  await eventually('the end of it', () => reports().length >= 2)
  await eventually('the next alert', () => reports().length >= 3)
  expect(reports()).toEqual([
    'critical meta No Watchdog: alerts do not reach the bridge',
    'critical meta The Watchdog is back',
    'critical meta No Watchdog: alerts do not reach the bridge',
  ])
})

test('treats a Watchdog as a sign of life and notifies no one', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], settings: { watchdogSeconds: 300 } })
  expect((await bridge.post('/api/v1/alerts', watchdog)).status).toBe(200)
  expect(await bridge.deliveries()).toEqual([])
  expect(await bridge.metric('bridge_watchdog_age_seconds')).toBeLessThan(60)
})

test('sends a heartbeat only while alerts can be delivered', async () => {
  let beats = 0
  const server = createServer((_, response) => {
    beats += 1
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => server.close().closeAllConnections())
  const url = new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`)
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  const { core } = bridge.service
  const lines: string[] = []
  onTestFinished(sendHeartbeat({ core, url, write: (line) => lines.push(line), everyMs: 20 }))
  await eventually('a few beats', () => beats >= 3)
  channel.answer = failing
  await bridge.post('/api/v1/alerts', firing())
  await eventually('a failure', () => !core.lastDeliveryWorked)
  await eventually('the beats to end while it is retried and again', async () => {
    const [seen, tried] = [beats, channel.tries.length]
    await eventually('more tries', () => channel.tries.length >= tried + 3)
    return beats === seen
  })
  const before = beats
  channel.answer = () => ({ kind: 'delivered' })
  await eventually('beats again', () => beats > before + 2)
  expect(lines.join()).not.toContain('secret-path')
})
