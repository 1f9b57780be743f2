import { eventually } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

import { firing } from '../helpers/alert-groups.ts'
import { broken, delivered, failing, recordingChannel } from '../helpers/recording-channel.ts'
import { shortTimes } from '../helpers/short-times.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']

test('pauses a broken channel, notifies the others that it is broken, and sends all waiting messages when it works again', async () => {
  const main = recordingChannel({ name: 'slack', answer: broken })
  const other = recordingChannel({ name: 'email', severities: ['warning'] })
  const times = { ...shortTimes, backoffMs: 60_000, maxBackoffMs: 60_000, probeAfterMs: 100 }
  const startedAt = performance.now()
  const bridge = await startedBridge({ channels: [main, other], times })
  await bridge.post('/api/v1/alerts', firing({ name: 'A', severity: 'info' }))
  await eventually('the breaker to open', async () => (await bridge.metric('bridge_breaker_open{channel="slack"}')) === 1)
  for (const name of names.slice(1)) await bridge.post('/api/v1/alerts', firing({ name, severity: 'info' }))
  await eventually('a few probes', () => main.tries.length >= 3)
  // the first try, and then one probe at a time
  expect(main.tries.length).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / times.probeAfterMs)
  main.answer = delivered
  await bridge.idle()
  // each had its own wait of a minute, which ended when the channel worked
  expect(main.delivered.map(({ notice }) => notice.title).toSorted()).toEqual(names)
  expect(other.delivered.map(({ notice }) => notice.title)).toEqual(['Channel slack cannot deliver', 'Channel slack works again'])
  expect(await bridge.metric('bridge_breaker_open{channel="slack"}')).toBe(0)
})

test('rests a channel that fails five times in a row', async () => {
  const channel = recordingChannel({ answer: failing })
  const bridge = await startedBridge({ channels: [channel], times: { ...shortTimes, probeAfterMs: 60_000 } })
  for (const name of names) await bridge.post('/api/v1/alerts', firing({ name }))
  await eventually('the breaker to open', async () => (await bridge.metric('bridge_breaker_open{channel="main"}')) === 1)
  const tries = channel.tries.length
  expect(tries).toBeLessThanOrEqual(8)
  await bridge.post('/api/v1/alerts', firing({ name: 'Late' }))
  await eventually('it to be stored', async () => (await bridge.deliveries('pending')).some(({ title }) => title === 'Late'))
  expect(channel.tries.slice(tries).map(({ notice }) => notice.title)).not.toContain('Late')
})

test('does not pause a channel whose recipients do not exist', async () => {
  const channel = recordingChannel({ answer: () => ({ kind: 'undeliverable', reason: '550' }) })
  const bridge = await startedBridge({ channels: [channel], times: shortTimes })
  for (const name of names) await bridge.post('/api/v1/alerts', firing({ name }))
  await bridge.idle()
  expect(await bridge.metric('bridge_breaker_open{channel="main"}')).toBe(0)
  expect(await bridge.deliveries('dead')).toHaveLength(8)
})
