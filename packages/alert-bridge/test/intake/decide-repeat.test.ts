import { expect, test } from 'vitest'

import { decideRepeat, duplicateKinds, type Repetition } from '../../src/intake/dedupe.ts'

const minute = 60_000
const seen = { notifiedAt: 600 * minute, sender: 'a', noticeId: '1' }

function decide(ms: number, reason?: string, known: { intervalMs?: number } = {}, sender = 'a'): Repetition {
  return decideRepeat({ ...seen, ...known }, { receivedAt: seen.notifiedAt + ms, sender, reason })
}

test('an unknown group is new', () => {
  expect(decideRepeat(undefined, { receivedAt: 0, sender: 'a' })).toEqual({ kind: 'new' })
})

test('the same content is a duplicate for less than five minutes, before and after', () => {
  for (const ms of [0, 5 * minute - 1, -5 * minute + 1]) expect(decide(ms)).toEqual({ kind: 'duplicate', duplicate: 'retry' })
  for (const ms of [5 * minute, -5 * minute]) expect(decide(ms)).toEqual({ kind: 'repeat', intervalMs: 5 * minute })
})

test('a repeat is early before half of the last interval, and only if Alertmanager calls it a repeat', () => {
  const known = { intervalMs: 60 * minute }
  const half = 30 * minute
  const reason = 'repeat interval elapsed'
  expect(decide(half - 1, reason, known)).toEqual({ kind: 'duplicate', duplicate: 'retry' })
  expect(decide(half - 1, reason, known, 'b')).toEqual({ kind: 'duplicate', duplicate: 'peer' })
  expect(decide(half, reason, known)).toEqual({ kind: 'repeat', intervalMs: half })
  expect(decide(half - 1, 'group changed', known)).toEqual({ kind: 'repeat', intervalMs: half - 1 })
})

test('a notification that an Alertmanager marks as the first within an hour was forgotten by it, firing or resolved', () => {
  for (const reason of ['first notification', 'all alerts resolved']) {
    expect(decide(60 * minute - 1, reason)).toEqual({ kind: 'duplicate', duplicate: 'resend' })
    expect(decide(60 * minute, reason)).toEqual({ kind: 'repeat', intervalMs: 60 * minute })
  }
  expect(decide(10 * minute, 'group changed')).toEqual({ kind: 'repeat', intervalMs: 10 * minute })
})

test('every kind of duplicate is counted from the start', () => {
  expect(duplicateKinds).toEqual(['retry', 'peer', 'resend', 'event'])
})
