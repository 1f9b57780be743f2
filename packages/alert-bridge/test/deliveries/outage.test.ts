import type { AlertGroup } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing, resolved } from '../helpers/alert-groups.ts'
import { broken, delivered, recordingChannel, type RecordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const notified = ({ delivered: all }: RecordingChannel): string[] => all.map(({ notice }) => `${notice.kind} ${notice.title}`)

test('makes one summary of all that fired and resolved while the channel was down', async () => {
  const channel = recordingChannel({ answer: broken })
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, probeAfterMs: 150 } })
  for (const name of ['A', 'B', 'C']) await bridge.post('/api/v1/alerts', firing({ name }))
  for (const name of ['A', 'B']) await bridge.post('/api/v1/alerts', resolved({ name }))
  await eventually('a try', () => channel.tries.length > 0)
  channel.answer = delivered
  await bridge.idle()
  expect(notified(channel).toSorted()).toEqual(['firing C', 'summary A, B'])
  const summary = channel.delivered.find(({ notice }) => notice.kind === 'summary')?.notice
  expect(summary).toMatchObject({ severity: 'warning', startedAt: '2026-11-24T01:00:00Z', endedAt: '2026-11-24T01:30:00Z' })
  expect(summary?.alerts.map(({ status, labels }) => [status, labels['alertname']])).toEqual([
    ['resolved', 'A'],
    ['resolved', 'B'],
  ])
  // each is accounted for
  const states = (await bridge.deliveries()).map(({ state }) => state)
  expect(new Set(states)).toEqual(new Set(['delivered', 'collapsed']))
})

test('sends a resolved message when the firing message was sent before the outage', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  await bridge.post('/api/v1/alerts', firing())
  await bridge.idle()
  channel.answer = broken
  await bridge.post('/api/v1/alerts', resolved())
  await eventually('a try', () => channel.tries.length > 1)
  channel.answer = delivered
  await bridge.idle()
  expect(notified(channel)).toEqual(['firing AgentSlow', 'resolved AgentSlow'])
})

test('sends only the last state of a group that changed during an outage', async () => {
  const channel = recordingChannel({ answer: broken })
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, probeAfterMs: 150 } })
  const [first] = firing().alerts
  const second = { ...first!, labels: { ...first!.labels, agent_name: 'writer' }, fingerprint: 'ffff' }
  await bridge.post('/api/v1/alerts', firing())
  await bridge.post('/api/v1/alerts', firing({ alerts: [first!, second] }))
  await eventually('a try', () => channel.tries.length > 0)
  channel.answer = delivered
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => [notice.kind, notice.alerts.length])).toEqual([['firing', 2]])
})

test('keeps waiting deliveries for the next start', async () => {
  const channel = recordingChannel({ answer: broken })
  const first = await startedBridge({ channels: [channel], times: shortTimes })
  await first.post('/api/v1/alerts', firing())
  await eventually('a try', () => channel.tries.length > 0)
  await first.service.stop()
  channel.answer = delivered
  const second = await startedBridge({ channels: [channel], times: shortTimes, dataDir: first.dataDir })
  await second.idle()
  expect(notified(channel)).toEqual(['firing AgentSlow'])
})

test('makes dead letters of deliveries to a removed channel, and reports it', async () => {
  const gone = recordingChannel({ name: 'gone', answer: broken })
  const first = await startedBridge({ channels: [gone], times: shortTimes })
  await first.post('/api/v1/alerts', firing())
  await first.service.stop()
  const second = await startedBridge({ channels: [recordingChannel()], times: shortTimes, dataDir: first.dataDir })
  expect(await second.deliveries('dead')).toMatchObject([
    { channel: 'gone', reason: 'the channel "gone" is no longer configured' },
  ])
  expect(second.lines.join('\n')).toContain('1 deliveries waited for channels that are no longer configured')
  await eventually('the line of the last resort', () => second.lines.some((line) => line.startsWith('[ALERT]')))
})

test('a group of one route does not replace that of another route with the same labels', async () => {
  const channel = recordingChannel({ answer: broken })
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, probeAfterMs: 150 } })
  for (const severity of ['critical', 'warning']) await bridge.post('/api/v1/alerts', firing({ severity, ...own(severity) }))
  await eventually('a try', () => channel.tries.length > 0)
  channel.answer = delivered
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.severity).toSorted()).toEqual(['critical', 'warning'])
})

function own(severity: string): Pick<AlertGroup, 'alerts'> {
  return { alerts: firing({ severity }).alerts.map((alert) => ({ ...alert, fingerprint: severity })) }
}
