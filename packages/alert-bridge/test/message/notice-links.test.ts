import { expect, test } from 'vitest'

import { noticeLinks } from '../../src/message/notice-links.ts'
import { sampleAlert, sampleNotices } from './sample-notices.ts'

const url = (path: string): string => `https://example.com/${path}`
const linksOf = (links: Readonly<Record<string, string>>, alerts = [sampleAlert('writer')]): Record<string, string> =>
  Object.fromEntries(noticeLinks({ ...sampleNotices.event, links, alerts }).map(({ name, url: to }) => [name, to]))

test('known links have fixed names and come first, the runbook before all others', () => {
  const links = { release: url('e'), alertmanager: url('d'), traces: url('c'), dashboard: url('b'), runbook: url('a') }
  expect(Object.entries(linksOf(links))).toEqual([
    ['Runbook', url('a')],
    ['Dashboard at that time', url('b')],
    ['Traces', url('c')],
    ['Alertmanager', url('d')],
    ['release', url('e')],
  ])
})

test('the runbook is that of the notice, or else of the first alert that has one', () => {
  const bare = sampleAlert('planner', { annotations: {} })
  const other = sampleAlert('writer', { annotations: { runbook_url: url('other') } })
  expect(linksOf({ runbook: url('own') })).toEqual({ Runbook: url('own') })
  expect(linksOf({}, [bare, other, sampleAlert('writer')])).toEqual({ Runbook: url('other') })
  expect(linksOf({}, [bare])).toEqual({})
  const { links: _, ...without } = sampleNotices.firing
  expect(noticeLinks({ ...without, alerts: [] })).toEqual([])
})

test('a link that is not safe to follow, or has no name that shows, is left out', () => {
  expect(linksOf({ a: 'javascript:alert(1)', '\u200E': url('x'), b: url('b') }, [])).toEqual({ b: url('b') })
})

test('a name is one line of at most 40 characters, also one that every object has', () => {
  expect(linksOf({ [`a\n${'b'.repeat(50)}`]: url('x'), constructor: url('y') }, [])).toEqual({
    [`a ${'b'.repeat(35)}...`]: url('x'),
    constructor: url('y'),
  })
})

test('more than ten are omitted', () => {
  const links = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`link-${index}`, url(String(index))]))
  expect(Object.keys(linksOf(links))).toHaveLength(10)
})
