import { describe, expect, test } from 'vitest'

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

describe('the queries that raised the alerts', () => {
  const raisedBy = (agent: string, generatorUrl?: string) =>
    sampleAlert(agent, { annotations: {}, ...(generatorUrl !== undefined && { generatorUrl }) })

  test('are one link if all alerts have the same', () => {
    expect(linksOf({}, [raisedBy('writer', url('q')), raisedBy('planner', url('q'))])).toEqual({ Query: url('q') })
  })

  test('are named after the first alert of each, and come last', () => {
    const alerts = [raisedBy('writer', url('1')), raisedBy('planner', url('2')), raisedBy('reader', url('1'))]
    expect(Object.entries(linksOf({ runbook: url('a'), release: url('b') }, alerts))).toEqual([
      ['Runbook', url('a')],
      ['release', url('b')],
      ['Query of AgentErrorRateCritical, writer', url('1')],
      ['Query of AgentErrorRateCritical, planner', url('2')],
    ])
  })

  test('that are missing or not safe to follow are left out', () => {
    const alerts = [raisedBy('writer'), raisedBy('planner', 'javascript:alert(1)'), raisedBy('reader', url('3'))]
    expect(linksOf({}, alerts)).toEqual({ Query: url('3') })
    expect(linksOf({}, alerts.slice(0, 2))).toEqual({})
  })

  test('are at most five', () => {
    const alerts = Array.from({ length: 7 }, (_, index) => raisedBy(`agent-${index}`, url(String(index))))
    expect(Object.values(linksOf({}, alerts))).toEqual(['0', '1', '2', '3', '4'].map(url))
  })
})
