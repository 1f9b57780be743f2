import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import type { BridgeSettings } from '../../src/settings.ts'
import { firing } from '../helpers/alert-groups.ts'
import { broken, recordingChannel, type RecordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { type StartedBridge, startedBridge } from '../helpers/started-bridge.ts'
import { runBridge } from '../crash/run-bridge.ts'
import { openSink } from '../crash/sink.ts'

const heartbeatToken = 'a-heartbeat-token-for-tests'
const withToken = { authorization: `Bearer ${heartbeatToken}` }

function watching(peers: Readonly<Record<string, number>>): Partial<BridgeSettings> {
  const watchedPeers = Object.entries(peers).map(([name, silentAfterSeconds]) => ({ name, silentAfterSeconds }))
  return { heartbeatTokens: [new Secret(heartbeatToken)], watchedPeers }
}

function titles(channel: RecordingChannel): string[] {
  return channel.delivered.map(({ notice }) => `${notice.severity} ${notice.kind} ${notice.title}`)
}

function beat(bridge: StartedBridge, name = 'eu', body: unknown = {}): Promise<Response> {
  return bridge.post(`/api/v1/heartbeats/${name}`, body, withToken)
}

const silent = 'critical meta RegionSilent: no heartbeat from eu'
const back = 'critical meta RegionSilent: eu is back'

test('a peer that sends no heartbeat is reported once, and its return once', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({
    channels: [channel],
    settings: { ...watching({ eu: 0.3 }), runbooksUrl: 'https://runbooks.example.com/' },
  })
  await eventually('the report', () => titles(channel).length >= 1)
  expect(await bridge.metric('bridge_peer_silent{peer="eu"}')).toBe(1)
  expect(await bridge.metric('bridge_peer_age_seconds{peer="eu"}')).toBeGreaterThan(0.2)
  expect(await (await beat(bridge)).json()).toEqual({ received: true })
  // Again and again: on a busy machine, 0.3 s pass unnoticed
  await eventually('the end', async () => (await beat(bridge)).ok && titles(channel).length >= 2)
  expect(titles(channel)).toEqual([silent, back])
  expect(channel.delivered[0]?.notice.text).toContain('docs/runbooks/RegionSilent.md')
  expect(channel.delivered[0]?.notice.links).toEqual({ runbook: 'https://runbooks.example.com/RegionSilent.md' })
  expect(channel.delivered[0]?.notice.incidentKey).toBe(channel.delivered[1]?.notice.incidentKey)
})

test('a peer that goes silent again soon is reported at the end of five minutes, not with every flap', async () => {
  const clock = { ahead: 0 }
  const channel = recordingChannel()
  const settings = watching({ eu: 0.3 })
  const bridge = await startedBridge({ channels: [channel], settings, now: () => Date.now() + clock.ahead })
  await eventually('the report', () => titles(channel).length >= 1)
  await beat(bridge)
  await eventually('the end', () => titles(channel).length >= 2)
  await eventually('the next silence', async () => (await bridge.metric('bridge_peer_silent{peer="eu"}')) === 1)
  expect(titles(channel)).toEqual([silent, back])
  clock.ahead = 5 * 60_000
  await eventually('the report of it', () => titles(channel).length >= 3)
  expect(titles(channel)[2]).toBe(`${silent} (1 more time)`)
})

test('a restart neither repeats the report of a silence nor loses its end', async () => {
  const dataDir = temporaryFolder()
  const channel = recordingChannel()
  const settings = watching({ eu: 0.3 })
  const first = await startedBridge({ channels: [channel], dataDir, settings })
  await eventually('the report', () => titles(channel).length >= 1)
  await first.service.stop()
  const second = await startedBridge({ channels: [channel], dataDir, settings })
  expect(await second.metric('bridge_peer_silent{peer="eu"}')).toBe(1)
  // longer than the silence that is reported
  await eventually('a second silence', async () => (await second.metric('bridge_peer_age_seconds{peer="eu"}'))! > 1)
  expect(titles(channel)).toEqual([silent])
  await beat(second)
  await eventually('the end', () => titles(channel).length >= 2)
  await second.service.stop()
  const third = await startedBridge({ channels: [channel], dataDir, settings: watching({ eu: 3600 }) })
  expect(await third.metric('bridge_peer_silent{peer="eu"}')).toBe(0)
  await third.idle()
  expect(titles(channel)).toEqual([silent, back])
})

test('a bridge that restarts again and again still reports a silence', async () => {
  const dataDir = temporaryFolder()
  const channel = recordingChannel()
  const settings = watching({ eu: 2 })
  const startedMs = performance.now()
  let starts = 0
  while (titles(channel).length === 0 && performance.now() - startedMs < 60_000) {
    const bridge = await startedBridge({ channels: [channel], dataDir, settings })
    starts += 1
    const since = performance.now()
    await eventually('1.5 s or the report', () => titles(channel).length > 0 || performance.now() - since > 1_500)
    await bridge.service.stop()
  }
  expect(titles(channel)).toEqual([silent])
  expect(starts).toBeGreaterThan(1)
})

test('a bridge that was down does not take the heartbeats it missed for a silence', async () => {
  const dataDir = temporaryFolder()
  const clock = { ahead: 0 }
  const channel = recordingChannel()
  const options = { channels: [channel], dataDir, settings: watching({ eu: 600 }), now: () => Date.now() + clock.ahead }
  const first = await startedBridge(options)
  await beat(first)
  await first.service.stop()
  clock.ahead = 3_600_000
  const second = await startedBridge(options)
  expect(await second.metric('bridge_peer_age_seconds{peer="eu"}')).toBeGreaterThanOrEqual(3_600)
  expect(await second.metric('bridge_peer_silent{peer="eu"}')).toBe(0)
  await beat(second)
  expect(await second.metric('bridge_peer_age_seconds{peer="eu"}')).toBeLessThan(600)
  await second.idle()
  expect(titles(channel)).toEqual([])
})

test('a peer whose heartbeats a third bridge receives is not reported', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], settings: watching({ eu: 1, ap: 3600 }) })
  const startedMs = performance.now()
  await eventually(
    'three times as long as the silence that is reported',
    async () => {
      await beat(bridge, 'ap', { received: { eu: 0, unknown: 1 } })
      return performance.now() - startedMs > 3_000
    },
    { everyMs: 50 },
  )
  expect(await bridge.metric('bridge_peer_age_seconds{peer="eu"}')).toBeGreaterThan(2)
  await bridge.idle()
  expect(titles(channel)).toEqual([])
  await eventually('the report without it', () => titles(channel).length >= 1)
})

test('what a third bridge received too long ago, or writes as nonsense, does not hide a silence', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], settings: watching({ eu: 0.5, ap: 3600 }) })
  const bodies = [
    { received: { eu: 9 } },
    { received: { eu: -1e9 } },
    { received: { eu: 'now' } },
    { received: [1] },
    [],
    'no JSON',
    '',
  ]
  await eventually(
    'the report',
    async () => {
      for (const body of bodies) expect((await beat(bridge, 'ap', body)).status).toBe(200)
      return titles(channel).length >= 1
    },
    { everyMs: 20 },
  )
  expect(titles(channel)).toEqual([silent])
})

test('a heartbeat needs its own token, a known name and a small body', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel], settings: watching({ eu: 3600 }) })
  const path = '/api/v1/heartbeats/eu'
  const answers = await Promise.all([
    beat(bridge),
    bridge.post(path, {}),
    bridge.post(path, {}, { authorization: '' }),
    bridge.post('/api/v1/alerts', firing(), withToken),
    beat(bridge, 'us'),
    beat(bridge, 'eu', 'x'.repeat(8_193)),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 401, 404, 413])
  await bridge.idle()
  expect(titles(channel)).toEqual([])
})

test('a bridge without peers accepts no heartbeat', async () => {
  const bridge = await startedBridge({ channels: [recordingChannel()] })
  expect((await beat(bridge)).status).toBe(401)
})

test('a peer that is removed while it is silent is ended', async () => {
  const dataDir = temporaryFolder()
  const channel = recordingChannel()
  const first = await startedBridge({ channels: [channel], dataDir, settings: watching({ eu: 0.3 }) })
  await eventually('the report', () => titles(channel).length >= 1)
  await first.service.stop()
  await startedBridge({ channels: [channel], dataDir })
  await eventually('its end', () => titles(channel).length >= 2)
  expect(titles(channel)[1]).toBe('critical meta RegionSilent: eu is no longer watched')
})

test('a bridge sends heartbeats while a channel works, with what it received, and counts them', async () => {
  const channelOfReceiver = recordingChannel()
  const receiver = await startedBridge({ channels: [channelOfReceiver], settings: watching({ us: 3600 }) })
  const host = new URL(receiver.url).host
  const url = new Secret(`${receiver.url}/api/v1/heartbeats/us`)
  const channel = recordingChannel()
  const settings = {
    ...watching({ eu: 3600 }),
    heartbeatTargets: [{ url, token: new Secret(heartbeatToken), host }],
    heartbeatSeconds: 0.05,
  }
  const sender = await startedBridge({ channels: [channel], settings, times: shortTimes })
  const sent = (): Promise<number | undefined> => sender.metric(`bridge_heartbeats_total{target="${host}",outcome="sent"}`)
  await eventually('a few heartbeats', async () => (await sent())! >= 3)
  expect(await receiver.metric('bridge_peer_age_seconds{peer="us"}')).toBeLessThan(60)
  channel.answer = broken
  await sender.post('/api/v1/alerts', firing())
  await eventually('the breaker', () => !sender.service.core.canDeliver())
  await eventually('the heartbeats to end', async () => {
    const before = await sent()
    await eventually('more tries', () => channel.tries.length >= 3)
    return (await sent()) === before
  })
  expect(await sender.metric(`bridge_heartbeats_total{target="${host}",outcome="failed"}`)).toBe(0)
  await receiver.service.stop()
  channel.answer = () => ({ kind: 'delivered' })
  await eventually('a failure', () => sender.lines.some((line) => line.includes(`cannot be sent to the bridge at ${host}`)))
  expect(sender.lines.join('\n')).not.toContain(heartbeatToken)
})

test('a bridge that is killed just after it stored the report sends it once', async () => {
  const sink = await openSink()
  const PEERS = JSON.stringify({ watchedPeers: [{ name: 'eu', silentAfterSeconds: 2 }] })
  const env = { SINK_URL: sink.url, DATA_DIR: temporaryFolder(), PEERS }
  const first = await runBridge({ ...env, CRASH_AT: 'after-commit:1' })
  expect(await first?.ended).toBe('SIGKILL')
  const second = await runBridge(env)
  await eventually('the silence to be reported again', async () => {
    const text = await (await fetch(`${second!.url}/metrics`)).text()
    return text.includes('bridge_duplicates_total{kind="event"} 1')
  })
  await eventually('both recipients', () => sink.received.length >= 2)
  second!.child.kill('SIGTERM')
  await second!.ended
  const title = 'RegionSilent: no heartbeat from eu'
  expect(sink.received.map(({ recipient }) => recipient).toSorted()).toEqual(['a', 'b'])
  expect(new Set(sink.received.map((one) => one.title))).toEqual(new Set([title]))
})
