import { expect, test } from 'vitest'

import { mergedAlerts } from '../../src/deliveries/combined-notices.ts'
import type { Notice, NoticeAlert } from '../../src/message/notice.ts'
import { sampleAlert, sampleNotices } from '../message/sample-notices.ts'

const over = { status: 'resolved', endsAt: '2026-11-24T03:00:00Z' } as const
const noticeOf = (...alerts: NoticeAlert[]): Notice => ({ ...sampleNotices.firing, alerts })

test('of the same alert the last state is listed, firing ones first', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((agent) => sampleAlert(agent))
  const merged = mergedAlerts([noticeOf(a!, b!), noticeOf(sampleAlert('a', over), c!)])
  expect(merged).toStrictEqual({ alerts: [b, c, sampleAlert('a', over)] })
})

test('an alert is the same however its labels are ordered, and another with other labels', () => {
  const labels = { alertname: 'A', agent_name: 'x', zone: '1' }
  const one = sampleAlert('x', { labels })
  const same = sampleAlert('x', { labels: { zone: '1', agent_name: 'x', alertname: 'A' } })
  expect(mergedAlerts([noticeOf(one), noticeOf(same)]).alerts).toEqual([same])
  expect(mergedAlerts([noticeOf(one, sampleAlert('x', { labels: { ...labels, zone: '2' } }))]).alerts).toHaveLength(2)
})

test('a hundred are listed by name; the others are counted, including those that Alertmanager omitted', () => {
  const many = (count: number): Notice => noticeOf(...Array.from({ length: count }, (_, index) => sampleAlert(`agent-${index}`)))
  expect(mergedAlerts([many(100)])).toStrictEqual({ alerts: many(100).alerts })
  expect(mergedAlerts([many(101)])).toStrictEqual({ alerts: many(100).alerts, truncatedAlerts: 1 })
  const left = { ...noticeOf(), truncatedAlerts: 3 }
  expect(mergedAlerts([left, many(102), left, many(1)]).truncatedAlerts).toBe(8)
})
