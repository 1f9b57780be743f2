import { expect, test } from 'vitest'

import { isWatchdogName, withoutWatchdog } from '../../src/watchdog.ts'
import { firing, resolved } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

test('recognizes the alert that always fires by the usual names, and no other alert', () => {
  const names = ['Watchdog', 'watchdog', 'DeadMansSwitch', 'DeadManSwitch', 'deadmanssnitch', "Dead Man's Switch", 'AlwaysFiring']
  expect([...names, 'PrometheusAlertmanagerE2eDeadManSwitch'].filter((name) => !isWatchdogName(name))).toEqual([])
  for (const name of ['', 'WatchdogMissing', 'NoWatchdog', 'InfoInhibitor', 'SwitchDown', 'DeadMansSwitchMissing']) {
    expect(isWatchdogName(name)).toBe(false)
  }
})

test('an alert about a missing sign of life is no sign of life', () => {
  const alerts = 'NoDeadMansSwitch MissingDeadMansSwitch LostDeadMansSnitch AlertmanagerNoDeadMansSwitch dead_mans_switch_missing'
  const others = [
    'no_dead_mans_switch',
    "Broken Dead Man's Switch",
    'HardwareWatchdog',
    'SystemdWatchdog',
    'PrometheusWatchdogLate',
  ]
  expect([...alerts.split(' '), ...others].filter(isWatchdogName)).toEqual([])
  const signs = [
    'PrometheusWatchdog',
    'WatchdogAlert',
    'AcmeDeadMansSwitch',
    'DeadMansSwitchAlert',
    'MonoDeadMansSwitch',
    'dead-man-switch',
  ]
  expect(signs.filter((name) => !isWatchdogName(name))).toEqual([])
})

test('among other alerts it is a sign of life, and only the others are reported', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], settings: { watchdogSeconds: 300 } })
  const mixed = { ...firing(), alerts: [...firing({ name: 'DeadMansSwitch' }).alerts, ...firing().alerts] }
  await bridge.post('/api/v1/alerts', mixed)
  await bridge.idle()
  expect(bridge.service.core.watchdogAt).toBeDefined()
  expect(channel.delivered.map(({ notice }) => notice.alerts.map(({ labels }) => labels['alertname']))).toEqual([['AgentSlow']])
})

test('a group in which only it still fires is resolved', () => {
  const group = { ...firing(), alerts: [...firing({ name: 'Watchdog' }).alerts, ...resolved().alerts] }
  expect(withoutWatchdog(group)).toMatchObject({ isAlive: true, group: { status: 'resolved', alerts: resolved().alerts } })
  expect(withoutWatchdog(resolved({ name: 'Watchdog' }))).toEqual({ isAlive: false, group: undefined })
})
