import { expect, test } from 'vitest'

import { decideFailover, type FailoverDecision } from '../../src/deliveries/failover.ts'
import type { DueFailover } from '../../src/outbox/store.ts'
import { recordingChannel } from '../helpers/recording-channel.ts'

const channels = [
  recordingChannel({ name: 'mail' }),
  recordingChannel({ name: 'lines', isLastResort: true }),
  recordingChannel({ name: 'pager', fallback: true }),
].map(({ routed }) => routed)

type State = DueFailover['deliveries'][number]['state']

function decide(stage: DueFailover['stage'], states: Readonly<Record<string, State>>, known = channels): FailoverDecision {
  const deliveries = Object.entries(states).map(([channel, state]) => ({ channel, recipient: 'people', state }))
  const notice = { kind: 'firing', severity: 'critical', incidentKey: 'i', title: 't', alerts: [] } as const
  return decideFailover({ noticeId: 'n', stage, notice, receivedAt: 0, deliveries }, known, 1_000, { fallbackAfterMs: 30 })
}

test('one notified recipient is enough', () => {
  expect(decide('fallback', { mail: 'delivered', lines: 'pending' })).toEqual({ kind: 'reached' })
  expect(decide('last-resort', { mail: 'dead', pager: 'delivered' })).toEqual({ kind: 'reached' })
})

test('a critical notice without a delivery goes to the fallback channels, and is checked again', () => {
  const further = {
    recipients: [{ channel: 'pager', recipient: 'people' }],
    next: { stage: 'last-resort', at: 1_030 },
  }
  expect(decide('fallback', { mail: 'pending' })).toEqual({ kind: 'fallback', further })
  expect(decide('fallback', { mail: 'dead' })).toEqual({ kind: 'fallback', further })
  expect(decide('fallback', {})).toEqual({ kind: 'fallback', further })
})

test('a line on the console does not count as delivered, unless there is no other channel', () => {
  expect(decide('fallback', { mail: 'pending', lines: 'delivered' }).kind).toBe('fallback')
  expect(decide('fallback', { lines: 'delivered' })).toEqual({ kind: 'reached' })
  expect(decide('fallback', { lines: 'pending' }).kind).toBe('fallback')
})

test('the console prints it when no recipient is left', () => {
  expect(decide('fallback', { mail: 'dead', pager: 'pending' })).toEqual({ kind: 'last-resort' })
  expect(decide('fallback', { mail: 'dead' }, channels.slice(0, 1))).toEqual({ kind: 'last-resort' })
  expect(decide('last-resort', { mail: 'dead', pager: 'dead' })).toEqual({ kind: 'last-resort' })
  expect(decide('last-resort', { mail: 'pending' })).toEqual({ kind: 'last-resort' })
})

test('the console is not used again if it has already printed it', () => {
  expect(decide('fallback', { mail: 'dead', lines: 'delivered', pager: 'dead' })).toEqual({ kind: 'reached' })
})
