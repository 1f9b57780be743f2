import { expect, test } from 'vitest'

import { isEndOfUnknown, summaryNotice } from '../../src/deliveries/combined-notices.ts'
import type { Notice } from '../../src/message/notice.ts'
import { sampleAlert, sampleNotices } from '../message/sample-notices.ts'

const { firing, repeat, resolved, event } = sampleNotices
const ended = (title: string, more: Partial<Notice> = {}) => ({
  notice: { ...resolved, title, severity: 'info' as const, ...more },
  overtaken: [] as Notice[],
})

test('a recipient who missed the firing message gets no separate resolved message', () => {
  const untold = { notice: resolved, wasNotified: false, overtaken: [firing] }
  expect(isEndOfUnknown(untold)).toBe(true)
  expect(isEndOfUnknown({ ...untold, overtaken: [event, repeat] })).toBe(true)
  expect(isEndOfUnknown({ ...untold, overtaken: [event] })).toBe(false)
  expect(isEndOfUnknown({ ...untold, wasNotified: true })).toBe(false)
  expect(isEndOfUnknown({ ...untold, notice: firing })).toBe(false)
})

test('the summary of a single alert has its title and links', () => {
  const links = { dashboard: 'https://grafana.example.com' }
  const { notice } = ended('A', { incidentKey: 'i', links, startedAt: '2026-11-24T02:00:00Z', endedAt: '2026-11-24T03:00:00Z' })
  expect(summaryNotice([{ notice, overtaken: [] }], '7')).toStrictEqual({
    kind: 'summary',
    severity: 'info',
    incidentKey: 'i',
    title: 'A',
    alerts: resolved.alerts,
    startedAt: '2026-11-24T02:00:00Z',
    endedAt: '2026-11-24T03:00:00Z',
    links,
  })
})

test('the summary of several alerts covers the time from the first beginning to the last end, and has the highest severity, including overtaken notices', () => {
  const overtaken = [
    { ...firing, severity: 'warning' as const, startedAt: '2026-11-24T01:00:00Z', alerts: [sampleAlert('gone')] },
  ]
  const one = ended('A', { startedAt: '2026-11-24T02:00:00Z', endedAt: '2026-11-24T05:00:00Z', links: { traces: 'x' } })
  const other = ended('B', { startedAt: '2026-11-24T03:00:00Z', endedAt: '2026-11-24T04:00:00Z' })
  expect(summaryNotice([{ ...one, overtaken }, other], '7')).toStrictEqual({
    kind: 'summary',
    severity: 'warning',
    incidentKey: 'summary:7',
    title: 'A, B',
    alerts: resolved.alerts,
    startedAt: '2026-11-24T01:00:00Z',
    endedAt: '2026-11-24T05:00:00Z',
  })
})

test('the title names three and counts the others, each once', () => {
  const titleOf = (...titles: string[]): string =>
    summaryNotice(
      titles.map((title) => ended(title)),
      '7',
    ).title
  expect(titleOf('A', 'B', 'A', 'C')).toBe('A, B, C')
  expect(titleOf('A', 'B', 'C', 'D', 'E')).toBe('A, B, C and 2 more')
})

test('missing times and links are not invented', () => {
  const { startedAt: _, endedAt: __, links: ___, ...bare } = { ...resolved, startedAt: '', endedAt: '', links: {} }
  expect(Object.keys(summaryNotice([{ notice: bare, overtaken: [] }], '7'))).toEqual([
    'kind',
    'severity',
    'incidentKey',
    'title',
    'alerts',
  ])
})
