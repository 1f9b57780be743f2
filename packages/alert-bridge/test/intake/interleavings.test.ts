import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'

import { firing, resolved } from '../helpers/alert-groups.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'

/** Notifications of two Alertmanagers about three incidents that fire and usually resolve; a peer may be late by any number of others. */
const sends = fc.array(
  fc.record({ incident: fc.nat(2), round: fc.nat(1), isOver: fc.boolean(), peer: fc.constantFrom('1', '2') }),
  { minLength: 1, maxLength: 25 },
)

test.prop([sends], { numRuns: 15 })('delivers each state of each incident at most once, and always the last one', async (all) => {
  const channel = recordingChannel()
  // no storm: it would make one message of many
  const bridge = await startedBridge({ channels: [channel], times: { stormWindowMs: 0 } })
  const bodies = all.map(({ incident, round, isOver, peer }) => {
    const options = { name: `I${incident}`, startsAt: `2026-11-24T0${round}:00:00Z`, externalURL: `http://am-${peer}` }
    return isOver ? resolved(options) : firing(options)
  })
  for (const body of bodies) expect((await bridge.post('/api/v1/alerts', body)).status).toBe(200)
  await bridge.idle()
  await bridge.service.stop()
  const stateOf = (alerts: readonly { status: string; labels: Readonly<Record<string, string>>; startsAt: string }[]): string =>
    `${alerts[0]?.labels['alertname']} ${alerts[0]?.startsAt} ${alerts[0]?.status}`
  const notified = channel.delivered.map(({ notice }) => stateOf(notice.alerts))
  expect(new Set(notified).size).toBe(notified.length)
  // The last new state is delivered; a summary or a newer state covers the states that it replaced
  const accepted = [...new Set(bodies.map(({ alerts }) => stateOf(alerts)))]
  const last = accepted.at(-1)
  expect(notified).toContain(last)
  for (const state of notified) expect(accepted).toContain(state)
})
