import { expect, test } from 'vitest'

import { chartRequest } from '../../src/charts/chart-request.ts'
import type { Notice, NoticeAlert } from '../../src/message/notice.ts'
import { sampleAlert, sampleNotices } from '../message/sample-notices.ts'

const startsAt = '2026-11-24T02:13:05Z'
const startMs = Date.parse(startsAt)
const minuteMs = 60_000

const annotated = (agent: string, more: Partial<NoticeAlert> = {}): NoticeAlert =>
  sampleAlert(agent, {
    annotations: {
      __chart_query: `agent:error_ratio:rate5m{agent_name="${agent}"}`,
      __chart_title: 'Failed runs',
      __chart_unit: 'ratio',
      __chart_limit: '0.1',
    },
    ...more,
  })
const raised = (expr: string): NoticeAlert =>
  sampleAlert('writer', {
    annotations: {},
    generatorUrl: `http://prometheus:9090/graph?g0.expr=${encodeURIComponent(expr)}&g0.tab=1`,
  })
const notice = (alerts: readonly NoticeAlert[], more: Partial<Notice> = {}): Notice => ({
  ...sampleNotices.firing,
  alerts,
  ...more,
})

test('the annotations of the rule describe the chart, of an hour at least and from half an hour before the alert', () => {
  expect(chartRequest(notice([annotated('writer')]), startMs + 2 * minuteMs)).toEqual({
    queries: ['agent:error_ratio:rate5m{agent_name="writer"}'],
    moreQueries: 0,
    labels: [annotated('writer').labels],
    title: 'Failed runs: writer',
    unit: 'ratio',
    limit: 0.1,
    fromMs: startMs - 58 * minuteMs,
    toMs: startMs + 2 * minuteMs,
    stepMs: 30_000,
    alertMs: startMs,
  })
  const later = chartRequest(notice([annotated('writer')], { kind: 'repeat' }), startMs + 240 * minuteMs)!
  expect(later.fromMs).toBe(startMs - 30 * minuteMs)
  const nextWeek = chartRequest(notice([annotated('writer')], { kind: 'repeat' }), startMs + 7 * 1_440 * minuteMs)!
  expect(nextWeek.toMs - nextWeek.fromMs).toBe(1_440 * minuteMs)
})

test('alerts of one rule share a picture, and further ones are counted', () => {
  const alerts = ['a', 'b', 'c', 'd', 'e', 'f'].map((agent) => annotated(agent))
  const request = chartRequest(notice(alerts), startMs)!
  expect(request).toMatchObject({ title: 'Failed runs', moreQueries: 2 })
  expect(request.queries).toHaveLength(4)
})

test.each([
  ['rate(errors_total[5m]) > 0.1', 'rate(errors_total[5m])', 0.1],
  ['max by (agent_name) (queue_age) >= 1e3', 'max by (agent_name) (queue_age)', 1_000],
  ['errors > 0.1 and runs > 5', 'errors > 0.1 and runs > 5', undefined],
  ['errors == bool 1', 'errors == bool 1', undefined],
  ['absent(up)', 'absent(up)', undefined],
])('without annotations the expression of the rule is shown without its comparison: %s', (expr, query, limit) => {
  expect(chartRequest(notice([raised(expr)]), startMs)).toMatchObject({
    queries: [query],
    limit,
    title: 'AgentErrorRateCritical: writer',
    unit: 'number',
  })
})

test('there is no chart for what does not fire, a digest, a report, and an alert without a metric', () => {
  const alerts = [annotated('writer')]
  for (const kind of ['resolved', 'acknowledged', 'summary', 'digest', 'event', 'meta', 'drill'] as const) {
    expect(chartRequest(notice(alerts, { kind }), startMs)).toBeUndefined()
  }
  expect(chartRequest(notice([annotated('writer', { status: 'resolved' })]), startMs)).toBeUndefined()
  expect(chartRequest(sampleNotices.firing, startMs)).toBeUndefined()
  expect(chartRequest(notice([raised('x'.repeat(5_000))]), startMs)).toBeUndefined()
  expect(
    chartRequest(notice([sampleAlert('writer', { annotations: {}, generatorUrl: 'not an address' })]), startMs),
  ).toBeUndefined()
})
