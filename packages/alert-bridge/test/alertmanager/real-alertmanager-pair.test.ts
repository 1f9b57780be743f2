import { eventually } from '@swarmwatch/testkit'
import { expect } from 'vitest'

import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { runAlertmanager } from './run-alertmanager.ts'
import { withAlertmanager } from './with-alertmanager.ts'

const inAnHour = (): Date => new Date(Date.now() + 3_600_000)

withAlertmanager('two real Alertmanagers of a pair that both send a group make one message', async () => {
  const channel = recordingChannel()
  const bridge = await startedBridge({ channels: [channel] })
  const pair = { bridgePort: bridge.service.port, repeatInterval: '1h', isPeer: true }
  const first = await runAlertmanager(pair)
  const second = await runAlertmanager({ ...pair, peers: [first] })
  for (const peer of [first, second]) await eventually('the pair to meet', async () => (await peer.peerCount()) === 2)
  const received = async (): Promise<number> => (await bridge.metric('bridge_received_total')) ?? 0
  const duplicates = async (): Promise<number> => (await bridge.metric('bridge_duplicates_total{kind="peer"}')) ?? 0
  let posted = 0
  // the gossip of one may reach the other before it sends: then it does not, so more than one may be needed
  await eventually('both to have sent the same', async () => {
    posted += 1
    await Promise.all([first, second].map((peer) => peer.post(`Pair${posted}`, 'critical', inAnHour())))
    await eventually('it to come', () => channel.delivered.some(({ notice }) => notice.title === `Pair${posted}`))
    return (await duplicates()) > 0
  })
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.title)).toEqual(
    Array.from({ length: posted }, (_, index) => `Pair${index + 1}`),
  )
  expect(await received()).toBe(posted + (await duplicates()))
})
