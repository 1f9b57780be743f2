import { Secret } from '@swarmwatch/config'
import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { incidentActions } from '../../src/incidents/incident-actions.ts'
import { linkSecret } from './bridge-for-people.ts'

test('an acknowledgement during an alert storm is sent by itself, also to a channel that was down when the alert fired', async () => {
  const times = { ...shortTimes, firstDigestAfterMs: 150, digestEveryMs: 300 }
  const channel = recordingChannel()
  const down = recordingChannel({ name: 'down', hasIncidents: true, answer: () => ({ kind: 'retry', reason: 'HTTP 503' }) })
  const settings = { linkSecrets: [new Secret(linkSecret)] }
  const bridge = await startedBridge({ channels: [channel, down], times, settings })
  const { store } = bridge.service.core
  const actions = incidentActions({ store, now: Date.now, silences: undefined, onStored: bridge.service.core.wake })
  for (let index = 0; index < 15; index += 1) await bridge.post('/api/v1/alerts', firing({ name: `Alert${index}` }))
  await eventually('a digest', () => channel.delivered.some(({ notice }) => notice.kind === 'digest'))
  const [last] = await store.listIncidents({})
  expect(await actions.acknowledge(last!.key, { name: 'Ana', via: 'test' })).toMatchObject({ kind: 'done' })
  const isAcknowledged = ({ notice }: { notice: { kind: string; incidentKey: string } }): boolean =>
    notice.kind === 'acknowledged' && notice.incidentKey === last!.key
  await eventually('the acknowledgement', () => channel.delivered.some(isAcknowledged))
  down.answer = () => ({ kind: 'delivered' })
  await eventually('the acknowledgement after the outage', () => down.delivered.some(isAcknowledged))
  await bridge.idle()
  // the channel that was down is notified of the alert once, with its acknowledgement
  expect(down.delivered.filter(({ notice }) => notice.incidentKey === last!.key).map(({ notice }) => notice.kind)).toEqual([
    'acknowledged',
  ])
})
