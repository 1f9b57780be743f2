import { expect } from 'vitest'

import { eventually } from '../kit/eventually.ts'
import { recordingChannel } from '../kit/recording-channel.ts'
import { startedBridge, temporaryFolder } from '../kit/started-bridge.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { openSink } from '../crash/sink.ts'
import { runBridge } from '../crash/run-bridge.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

const inAnHour = (): Date => new Date(Date.now() + 3_600_000)

withAlertmanager('two real Alertmanagers of a pair that both send a group make one message', { timeout: 120_000 }, async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const pair = { bridgePort: bridge.service.port, repeatInterval: '1h', isPeer: true }
  const first = await runAlertmanager(pair)
  const second = await runAlertmanager({ ...pair, peers: [first] })
  for (const peer of [first, second]) await eventually('the pair to meet', async () => (await peer.peerCount()) === 2, 30_000)
  const received = async (): Promise<number> => (await bridge.metric('bridge_received_total')) ?? 0
  const duplicates = async (): Promise<number> => (await bridge.metric('bridge_duplicates_total{kind="peer"}')) ?? 0
  let posted = 0
  // the gossip of one may reach the other before it sends: then it does not, so more than one may be needed
  await eventually(
    'both to have sent the same',
    async () => {
      posted += 1
      await Promise.all([first, second].map((peer) => peer.post(`Pair${posted}`, 'critical', inAnHour())))
      await eventually('it to come', () => channel.delivered.some(({ notice }) => notice.title === `Pair${posted}`))
      return (await duplicates()) > 0
    },
    60_000,
  )
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(
    Array.from({ length: posted }, (_, index) => `Pair${index + 1}`),
  )
  expect(await received()).toBe(posted + (await duplicates()))
})

withAlertmanager('what a real Alertmanager was answered 200 outlives kill -9 of the bridge', { timeout: 120_000 }, async () => {
  const sink = await openSink()
  const dataDir = temporaryFolder()
  const env = { SINK_URL: sink.url, DATA_DIR: dataDir }
  const first = await runBridge(env)
  const port = Number(new URL(first?.url ?? '').port)
  const alertmanager = await runAlertmanager({ bridgePort: port, repeatInterval: '1h' })
  const names = Array.from({ length: 60 }, (_, index) => `Killed${index}`)
  let bridge = first
  for (const [index, name] of names.entries()) {
    await alertmanager.post(name, 'warning', inAnHour())
    if (index % 20 !== 10) continue
    bridge?.child.kill('SIGKILL')
    await bridge?.ended
    bridge = await runBridge({ ...env, PORT: String(port) })
  }
  const titles = (): Set<string> => new Set(sink.received.map(({ title }) => title))
  await eventually('all to be told', () => names.every((name) => titles().has(name)), 60_000)
  bridge?.child.kill('SIGTERM')
  expect(await bridge?.ended).toBe(0)

  const { store } = openSqliteStore(dataDir)
  const deliveries = await store.list({})
  await store.close()
  // one notice for each, however often Alertmanager had to send it
  expect(deliveries.map(({ title, recipient }) => `${title} ${recipient}`).toSorted()).toEqual(
    names.flatMap((name) => [`${name} a`, `${name} b`]).toSorted(),
  )
  const counts = Map.groupBy(sink.received, ({ id }) => id)
  const unexplained = [...counts.values()].filter((some) => some.slice(1).some(({ mayHaveArrived }) => !mayHaveArrived))
  expect(unexplained).toEqual([])
})
