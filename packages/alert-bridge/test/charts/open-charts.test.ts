import { eventually, openHttpServer, type HttpServer, type Respond } from '@swarmwatch/testkit'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

import { type ChartOfNotice, type ChartOptions, openCharts } from '../../src/charts/open-charts.ts'
import { prometheusRanges } from '../../src/charts/query-range.ts'
import type { Notice } from '../../src/message/notice.ts'
import { sampleAlert, sampleNotices } from '../message/sample-notices.ts'

const startMs = Date.parse('2026-11-24T02:13:05Z')

let lines: string[]
let nowMs: number
beforeEach(() => {
  lines = []
  nowMs = startMs + 60_000
})

async function prometheus(respond: Respond): Promise<HttpServer> {
  const opened = await openHttpServer(respond)
  onTestFinished(() => opened.close())
  return opened
}

const answering =
  (body: unknown, status = 200): Respond =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** An answer to a query of a range, with five values for each series. */
const matrix = (series: readonly Readonly<Record<string, string>>[], values = ['0', '0.1', '0.2', 'NaN', '+Inf']): object => ({
  status: 'success',
  data: {
    resultType: 'matrix',
    result: series.map((metric) => ({
      metric,
      values: values.map((value, index) => [(nowMs - (values.length - index) * 15_000) / 1000, value]),
    })),
  },
})

function charts(server: { readonly url: string }, options: Partial<ChartOptions> = {}): ChartOfNotice {
  const write = (line: string): void => void lines.push(line)
  return openCharts({ prometheus: prometheusRanges({ url: server.url }, fetch), now: () => nowMs, write, ...options })
}

function fails(agent: string, more: Partial<Notice> = {}): Notice {
  const annotations = { __chart_query: `ratio{agent_name="${agent}"}`, __chart_title: 'Failed runs', __chart_unit: 'ratio' }
  return { ...sampleNotices.firing, alerts: [sampleAlert(agent, { annotations })], ...more }
}

test('the metric of an alert becomes a picture with its description', async () => {
  const server = await prometheus(answering(matrix([{ agent_name: 'writer' }])))
  const chart = await charts(server, { timeZone: 'Europe/Berlin' })(fails('writer'))
  expect(Buffer.from(chart!.png).subarray(1, 4).toString()).toBe('PNG')
  expect(chart).toMatchObject({
    title: 'Failed runs: writer',
    text: 'Chart of Failed runs: writer, from 02:14 to 03:14 UTC+01:00: lowest 0%, highest 20%, last 20%, alert since 03:13.',
  })
  const asked = new URL(server.requests[0]!.path, server.url)
  expect(asked.pathname).toBe('/api/v1/query_range')
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    query: 'ratio{agent_name="writer"}',
    start: String(nowMs / 1000 - 3_600),
    end: String(nowMs / 1000),
    step: '30',
    timeout: '2s',
    limit: '200',
  })
  expect(lines).toEqual([])
})

test('all recipients and attempts of a message share one query', async () => {
  const server = await prometheus(answering(matrix([{}])))
  const chartOf = charts(server)
  await Promise.all([chartOf(fails('writer')), chartOf(fails('writer'))])
  nowMs += 90_000
  expect(await chartOf(fails('writer'))).toBeDefined()
  expect(server.requests).toHaveLength(1)
  nowMs += 60_000
  await chartOf(fails('writer', { kind: 'repeat' }))
  expect(server.requests).toHaveLength(2)
})

test('of an expression for all agents the chart shows the series of the alert, and counts those beyond four', async () => {
  const all = Array.from({ length: 9 }, (_, index) => ({
    __name__: 'ratio',
    agent_name: index === 3 ? 'writer' : `agent-${index}`,
  }))
  const server = await prometheus(answering(matrix(all)))
  const generatorUrl = 'http://prometheus/graph?g0.expr=ratio+%3E+0.1'
  const raised = (agent: string): Notice => fails(agent, { alerts: [sampleAlert(agent, { annotations: {}, generatorUrl })] })
  expect((await charts(server)(raised('writer')))!.text).toMatch(/last 0.2, limit 0.1, alert since 02:13\.$/)
  expect((await charts(server)(raised('unknown')))!.text).toMatch(/limit 0.1, alert since 02:13, 5 more series not shown\.$/)
})

test('messages without data, of other kinds or without a metric have no chart', async () => {
  const server = await prometheus(answering(matrix([{}], ['NaN', '+Inf', '-Inf'])))
  const chartOf = charts(server)
  expect(await chartOf(fails('writer'))).toBeUndefined()
  expect(await charts(await prometheus(answering(matrix([]))))(fails('writer'))).toBeUndefined()
  const before = server.requests.length
  for (const kind of ['resolved', 'digest', 'meta', 'event', 'drill'] as const)
    expect(await chartOf(fails('planner', { kind }))).toBeUndefined()
  expect(server.requests).toHaveLength(before)
  expect(lines).toEqual([])
})

test.each([
  ['fails', answering({}, 503), 'HTTP 503'],
  ['is something else', answering({ hello: 'world' }), 'not an answer of Prometheus'],
  [
    'answers without end',
    ((_, response) => void response.writeHead(200).end('x'.repeat(3 * 1024 * 1024))) satisfies Respond,
    'the answer has more than 2 MiB',
  ],
  ['does not answer', (() => {}) satisfies Respond, 'no answer in 2 s'],
] as const)(
  'a server that %s costs one message its chart, then none waits for it, and one line is logged',
  async (_, respond, reason) => {
    const server = await prometheus(respond)
    const chartOf = charts(server, { timeoutMs: reason.startsWith('no answer') ? 2_000 : 10_000 })
    expect(await chartOf(fails('writer'))).toBeUndefined()
    expect(await chartOf(fails('planner'))).toBeUndefined()
    expect(server.requests).toHaveLength(1)
    nowMs += 31_000
    expect(await chartOf(fails('planner'))).toBeUndefined()
    expect(server.requests).toHaveLength(2)
    expect(lines).toEqual([
      `[BRIDGE] charts from Prometheus at 127.0.0.1:${server.port}: no chart can be made (${reason}); messages are sent without a chart`,
    ])
    server.respond = answering(matrix([{}]))
    // On a busy machine a picture may take longer than the time limit of one message
    await eventually('a chart', () => {
      nowMs += 31_000
      return chartOf(fails('reader'))
    })
  },
)

test('a query that is refused costs no other alert its chart', async () => {
  const server = await prometheus(answering({ status: 'error' }, 400))
  const chartOf = charts(server)
  expect(await chartOf(fails('writer'))).toBeUndefined()
  server.respond = answering(matrix([{}]))
  expect(await chartOf(fails('planner'))).toBeDefined()
  expect(lines).toEqual([
    expect.stringContaining('the query of "Failed runs: writer" is refused (HTTP 400); messages are sent without a chart'),
  ])
})

test('a picture that cannot be rendered leaves the message without a chart', async () => {
  const server = await prometheus(answering(matrix([{}])))
  const render = (): Promise<never> => Promise.reject(new Error('no renderer for this platform'))
  expect(await charts(server, { render })(fails('writer'))).toBeUndefined()
  expect(lines).toEqual([expect.stringContaining('no chart can be made (no renderer for this platform)')])
})

test('in a storm, twenty messages a minute have a chart', async () => {
  const server = await prometheus(answering(matrix([{}])))
  const chartOf = charts(server, { render: async () => new Uint8Array(10), timeoutMs: 60_000 })
  const agents = Array.from({ length: 50 }, (_, index) => `agent-${index}`)
  const made = await Promise.all(agents.map((agent) => chartOf(fails(agent))))
  expect(made.filter((chart) => chart !== undefined)).toHaveLength(20)
  expect(server.requests).toHaveLength(20)
  expect(lines).toEqual([])
})
