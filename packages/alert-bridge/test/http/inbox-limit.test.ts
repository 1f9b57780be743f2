import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { broken, delivered, recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

test('answers 503 while the inbox is full, still receives the Watchdog, and accepts alerts again after some deliveries', async () => {
  const channel = recordingChannel({ answer: broken })
  const times = { ...shortTimes, stormWindowMs: 0 }
  const bridge = await startedBridge({ channels: [channel], times, settings: { inboxLimit: 3 } })
  const post = (name: string): Promise<Response> => bridge.post('/api/v1/alerts', firing({ name }))
  const statuses = []
  for (const name of ['A', 'B', 'C', 'D']) statuses.push((await post(name)).status)
  expect(statuses).toEqual([200, 200, 200, 503])
  expect(await (await post('E')).json()).toEqual({ error: 'cannot store: crowded' })
  expect((await post('Watchdog')).status).toBe(200)
  expect(await (await fetch(`${bridge.url}/readyz`)).json()).toEqual({ ready: false, reason: 'too many deliveries are waiting' })
  expect(bridge.lines).toContain(
    '[BRIDGE] 3 deliveries are waiting, the maximum set by BRIDGE_INBOX_LIMIT; the bridge answers 503, and Alertmanager sends the alert again',
  )

  channel.answer = delivered
  await eventually('room for another', async () => (await post('D')).status === 200)
  await bridge.idle()
  expect(channel.delivered.map(({ notice }) => notice.title).toSorted()).toEqual(['A', 'B', 'C', 'D'])
})
