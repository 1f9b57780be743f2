import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect } from 'vitest'

import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

const hour = 3_600_000
const inAnHour = (): Date => new Date(Date.now() + hour)

withAlertmanager('a real Alertmanager fires, repeats and resolves', async () => {
  const channel = recordingChannel()
  let shift = 0
  const bridge = await startedBridge({ channels: [channel], now: () => Date.now() + shift })
  const alertmanager = await runAlertmanager({ bridgePort: bridge.service.port })
  const kinds = (): string[] => channel.delivered.map(({ notice }) => notice.kind)
  const duplicates = async (): Promise<number> => (await bridge.metric('bridge_duplicates_total{kind="retry"}')) ?? 0

  await alertmanager.post('Real', 'critical', inAnHour())
  await eventually('it to be told', () => kinds().length === 1)
  // within five minutes the same content is a duplicate, whatever Alertmanager calls it
  await eventually('a repeat that comes too soon', async () => (await duplicates()) >= 1)
  shift = 4 * hour
  await eventually('the repeat to be told', () => kinds().length === 2)
  await alertmanager.post('Real', 'critical', new Date())
  await eventually('its end to be told', () => kinds().length === 3)
  expect(kinds()).toEqual(['firing', 'repeat', 'resolved'])
  expect(new Set(channel.delivered.map(({ notice }) => notice.incidentKey)).size).toBe(1)
  expect(channel.delivered[2]?.notice).toMatchObject({ severity: 'critical', title: 'Real', alerts: [{ status: 'resolved' }] })
})

withAlertmanager('an alert survives a bridge that is down, and a restart of Alertmanager tells nothing twice', async () => {
  const channel = recordingChannel()
  const dataDir = temporaryFolder()
  const first = await startedBridge({ channels: [channel], dataDir })
  const { port } = first.service
  const alertmanager = await runAlertmanager({ bridgePort: port, repeatInterval: '1h' })
  await first.service.stop()
  await alertmanager.post('Down', 'warning', inAnHour())
  await alertmanager.post('Watchdog', 'none', inAnHour())
  await eventually('a failed attempt of Alertmanager', async () => (await alertmanager.failedPosts()) > 0)
  const second = await startedBridge({ channels: [channel], dataDir, settings: { port, watchdogSeconds: 300 } })
  await eventually('it to be told', () => channel.delivered.length === 1)
  await eventually('the sign of life', () => second.service.core.watchdogAt !== undefined)
  await alertmanager.restart()
  await alertmanager.post('Down', 'warning', inAnHour())
  await alertmanager.post('After', 'warning', inAnHour())
  await eventually('what came after the restart', () => channel.delivered.some(({ notice }) => notice.title === 'After'))
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(['Down', 'After'])
})
