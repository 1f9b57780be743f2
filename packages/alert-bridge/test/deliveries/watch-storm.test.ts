import { expect, test } from 'vitest'

import { watchStorm } from '../../src/deliveries/storm.ts'
import type { Notice, NoticeKind } from '../../src/message/notice.ts'
import { sampleAlert } from '../message/sample-notices.ts'

const times = { stormWindowMs: 60_000, firstDigestAfterMs: 5_000, digestEveryMs: 30_000 }
const start = Date.parse('2026-11-24T02:00:00Z')

function notice(more: Partial<Notice> = {}): Notice {
  return { kind: 'firing', severity: 'info', incidentKey: 'i', title: 't', alerts: [], ...more }
}
const fresh = (more: Partial<Notice> = {}) => ({ notice: notice(more), attempts: 0, mayHaveArrived: false })

/** A storm that has sent its ten. */
function raging() {
  const storm = watchStorm('slack', times)
  const decisions = Array.from({ length: 10 }, () => storm.decide(fresh(), start))
  return { storm, decisions }
}

test('ten messages a minute go out by themselves, the eleventh is held back', () => {
  const { storm, decisions } = raging()
  expect(decisions).toEqual(Array(10).fill('send'))
  expect(storm.decide(fresh(), start + 59_999)).toBe('hold')
  // the ten are a minute old; what was held back counts too
  expect(Array.from({ length: 10 }, () => storm.decide(fresh(), start + 60_000))).toEqual([...Array(9).fill('send'), 'hold'])
})

test('a continuing storm holds back any number of messages', () => {
  const { storm } = raging()
  for (let index = 0; index < 100; index += 1) expect(storm.decide(fresh(), start + index)).toBe('hold')
})

test('critical messages, digests, summaries, tests and reports of the bridge are never held back', () => {
  const { storm } = raging()
  expect(storm.decide(fresh({ severity: 'critical' }), start)).toBe('send')
  const kinds: NoticeKind[] = ['digest', 'summary', 'drill', 'meta', 'escalation', 'firing', 'repeat', 'resolved', 'event']
  expect(kinds.map((kind) => storm.decide(fresh({ kind }), start))).toEqual([...Array(5).fill('send'), ...Array(4).fill('hold')])
})

test('a message that was attempted before is sent again and is not counted twice', () => {
  const storm = watchStorm('slack', times)
  for (let index = 0; index < 20; index += 1) {
    expect(storm.decide({ ...fresh(), attempts: 1 }, start)).toBe('send')
    expect(storm.decide({ ...fresh(), mayHaveArrived: true }, start)).toBe('send')
  }
  expect(storm.decide(fresh(), start)).toBe('send')
})

test('a digest stands for all that was held back, with the worst severity and the time it began', () => {
  const { storm } = raging()
  const first = storm.digest([notice(), notice({ severity: 'warning' })], undefined, start)
  expect(first).toEqual({
    dueAt: start + 5_000,
    notice: {
      kind: 'digest',
      severity: 'warning',
      incidentKey: expect.stringMatching(/^digest:[0-9a-f-]{36}$/),
      title: '2 messages held back on slack',
      alerts: [],
      heldBack: 2,
      startedAt: '2026-11-24T02:00:00.000Z',
    },
  })
  const { notice: updated, dueAt } = storm.digest([notice()], first.notice, start + 1_000)
  expect(updated).toEqual({ ...first.notice, title: '3 messages held back on slack', heldBack: 3 })
  // not sent yet: it keeps its time
  expect(dueAt).toBe(start + 5_000)
})

test('a digest that was sent is updated at most every half minute, as the same incident', () => {
  const { storm } = raging()
  const first = storm.digest([notice()], undefined, start)
  const second = storm.digest([notice()], undefined, start + 6_000)
  expect([second.dueAt, second.notice.heldBack]).toEqual([start + 35_000, 2])
  expect(second.notice.incidentKey).toBe(first.notice.incidentKey)
  const late = storm.digest([notice()], undefined, start + 200_000)
  expect(late.dueAt).toBe(start + 205_000)
})

test('a digest lists its first alerts and those that were added later', () => {
  const { storm } = raging()
  const [one, other] = [sampleAlert('one'), sampleAlert('other')]
  const first = storm.digest([notice({ alerts: [one] })], undefined, start)
  expect(storm.digest([notice({ alerts: [other] })], first.notice, start).notice.alerts).toEqual([one, other])
})

test('messages held back during one storm belong to the same digest', () => {
  const { storm } = raging()
  storm.decide(fresh(), start)
  const first = storm.digest([notice()], undefined, start)
  expect(storm.decide(fresh(), start + 10_000)).toBe('hold')
  expect(storm.digest([notice()], undefined, start + 10_000).notice.incidentKey).toBe(first.notice.incidentKey)
})

test('a storm ends as soon as one message is sent on its own', () => {
  const storm = watchStorm('slack', times)
  const ages = [0, 0, ...Array<number>(9).fill(1_000)]
  expect(ages.map((age) => storm.decide(fresh(), start + age)).at(-1)).toBe('hold')
  const first = storm.digest([notice()], undefined, start + 1_000)
  expect(storm.decide(fresh(), start + 60_500)).toBe('send')
  expect(storm.decide(fresh(), start + 60_500)).toBe('hold')
  expect(storm.digest([notice()], undefined, start + 60_500).notice.incidentKey).not.toBe(first.notice.incidentKey)
})

test('a digest that waits since before a restart is continued', () => {
  const waiting = notice({
    kind: 'digest',
    severity: 'warning',
    incidentKey: 'digest:1',
    heldBack: 4,
    startedAt: '2026-11-24T01:00:00Z',
  })
  const { notice: continued } = watchStorm('slack', times).digest([notice(), notice()], waiting, start)
  expect(continued).toEqual({ ...waiting, title: '6 messages held back on slack', heldBack: 6 })
})

test('the next storm has a new digest', () => {
  const { storm } = raging()
  const first = storm.digest([notice()], undefined, start)
  storm.decide(fresh(), start + 120_000)
  const second = storm.digest([notice()], undefined, start + 120_000)
  expect(second.notice.heldBack).toBe(1)
  expect(second.notice.incidentKey).not.toBe(first.notice.incidentKey)
})
