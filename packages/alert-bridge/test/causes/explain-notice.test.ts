import { test as propertyTest } from '@fast-check/vitest'
import { openHttpServer, type HttpServer } from '@swarmwatch/testkit'
import fc from 'fast-check'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

import { type ExplanationOptions, type ExplainNotice, openExplanations } from '../../src/causes/explain-notice.ts'
import { jaegerStore } from '../../src/causes/jaeger.ts'
import { tempoStore } from '../../src/causes/tempo.ts'
import { contentOf } from '../../src/message/message-content.ts'
import type { Notice } from '../../src/message/notice.ts'
import { sampleAlert } from '../message/sample-notices.ts'

const startsAt = '2026-11-24T02:13:05Z'
const startMs = Date.parse(startsAt)
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceLink = 'https://jaeger.example.com/trace/{trace_id}'

let lines: string[]
let nowMs: number
beforeEach(() => {
  lines = []
  nowMs = startMs + 60_000
})

function explainer(options: Partial<ExplanationOptions>): ExplainNotice {
  return openExplanations({ traceLink, now: () => nowMs, write: (line) => void lines.push(line), ...options })
}

async function server(body: unknown, status = 200): Promise<HttpServer> {
  const opened = await openHttpServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  onTestFinished(() => opened.close())
  return opened
}

const labels = { alertname: 'AgentErrorRateCritical', job: 'agents/swarm', severity: 'critical' }

function fails(agent: string, more: Partial<Notice> = {}): Notice {
  return {
    kind: 'firing',
    severity: 'critical',
    incidentKey: agent,
    title: 'AgentErrorRateCritical',
    startedAt: startsAt,
    alerts: [sampleAlert(agent, { labels: { ...labels, agent_name: agent }, startsAt })],
    links: { traces: 'https://grafana.example.com/explore' },
    ...more,
  }
}

/** An answer of Jaeger with failed runs of an agent, one a minute. */
function failedRuns(agent: string, ids: readonly string[]): object {
  const spans = ids.map((id, index) => ({
    traceId: index === ids.length - 1 ? traceId : 'a'.repeat(32),
    name: `invoke_agent ${agent}`,
    startTimeUnixNano: `${startMs + index * 60_000}000000`,
    endTimeUnixNano: `${startMs + index * 60_000 + 500}000000`,
    attributes: [{ key: 'swarmwatch.execution.id', value: { stringValue: id } }],
    status: { code: 2 },
  }))
  return { result: { resourceSpans: [{ scopeSpans: [{ spans }] }] } }
}

test('a message links to the newest failed run and names the ids of the last three', async () => {
  const jaeger = await server(failedRuns('writer', ['r-1', 'r-2', 'r-3', 'r-4']))
  const explain = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch) })
  const { facts, links } = contentOf(await explain(fails('writer')))
  expect(links).toContainEqual({ name: 'Trace of a failed run', url: `https://jaeger.example.com/trace/${traceId}` })
  expect(facts).toContainEqual({ name: 'Execution ids', value: 'r-4, r-3, r-2' })
})

test('the job of an alert about an agent in all its jobs is in an annotation', async () => {
  const jaeger = await server(failedRuns('writer', ['r-1']))
  const explain = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch) })
  const annotations = { ...sampleAlert('writer').annotations, __job: 'agents/swarm', __runs: 'any' }
  const alerts = [
    sampleAlert('writer', { labels: { alertname: 'TrafficOutsideForecast', agent_name: 'writer' }, annotations, startsAt }),
  ]
  const { links, facts } = contentOf(await explain(fails('writer', { alerts })))
  expect(links).toContainEqual({ name: 'Trace of the newest run', url: `https://jaeger.example.com/trace/${traceId}` })
  expect(new URL(jaeger.requests[0]!.path, jaeger.url).searchParams.get('query.serviceName')).toBe('swarm')
  expect(facts.map(({ value }) => value)).not.toContain('agents/swarm')
})

test('all recipients of a message share one search, and a repetition minutes later searches again', async () => {
  const jaeger = await server(failedRuns('writer', ['r-1']))
  const explain = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch) })
  await Promise.all([explain(fails('writer')), explain(fails('writer')), explain(fails('writer', { kind: 'repeat' }))])
  expect(jaeger.requests).toHaveLength(1)
  nowMs += 120_000
  await explain(fails('writer', { kind: 'repeat' }))
  expect(jaeger.requests).toHaveLength(2)
})

test('the search is for the service in the label job, from half an hour before the alert until now', async () => {
  const jaeger = await server(failedRuns('writer', ['r-1']))
  await explainer({ traces: jaegerStore({ url: `${jaeger.url}/base/` }, fetch) })(fails('writer'))
  const { pathname, searchParams } = new URL(jaeger.requests[0]!.path, jaeger.url)
  expect(pathname).toBe('/base/api/v3/traces')
  expect(Object.fromEntries(searchParams)).toMatchObject({
    'query.serviceName': 'swarm',
    'query.operationName': 'invoke_agent writer',
    'query.startTimeMin': '2026-11-24T01:43:05.000Z',
    'query.startTimeMax': '2026-11-24T02:14:05.000Z',
    'query.attributes': '{"error":"true"}',
  })
})

test('a store that does not answer delays one message, not the next ones, and is reported once', async () => {
  let isDown = true
  const jaeger = await openHttpServer((_, response) => {
    if (!isDown) response.end(JSON.stringify(failedRuns('writer', ['r-1'])))
  })
  onTestFinished(() => jaeger.close())
  const explain = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch), timeoutMs: 50 })
  for (const agent of ['one', 'two', 'three']) {
    expect((await explain(fails(agent))).links).toEqual({ traces: 'https://grafana.example.com/explore' })
  }
  expect(jaeger.requests.length).toBeLessThanOrEqual(1)
  const { host } = new URL(jaeger.url)
  expect(lines).toEqual([
    `[BRIDGE] traces at ${host} cannot be searched (no answer in 0.05 s); messages link to the list of runs instead of one run`,
  ])
  isDown = false
  nowMs += 31_000
  const patient = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch) })
  expect((await patient(fails('writer'))).links).toHaveProperty('failed trace')
})

test('a notice about several agents links to a run of each', async () => {
  const jaeger = await openHttpServer(({ path }, response) => {
    const agent = new URL(path, 'http://x').searchParams.get('query.operationName')!.replace('invoke_agent ', '')
    response.end(JSON.stringify(failedRuns(agent, [`${agent}-1`])))
  })
  onTestFinished(() => jaeger.close())
  const explain = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch) })
  const alerts = [...fails('writer').alerts, ...fails('reader').alerts]
  const { facts, links } = contentOf(await explain(fails('writer', { alerts })))
  expect(links.map(({ name }) => name)).toEqual(expect.arrayContaining(['failed trace of writer']))
  expect(facts).toContainEqual({ name: 'Execution ids', value: 'writer-1, reader-1' })
})

test('nothing is asked about other alerts, digests and reports of the bridge', async () => {
  const jaeger = await server({})
  const explain = explainer({ traces: jaegerStore({ url: jaeger.url }, fetch) })
  const disk: Notice = { ...fails('x'), alerts: [sampleAlert('', { labels: { alertname: 'DiskFull', job: 'node' } })] }
  for (const notice of [disk, fails('writer', { kind: 'digest' }), fails('writer', { kind: 'meta' })]) await explain(notice)
  expect(jaeger.requests).toEqual([])
})

test('Tempo is searched with TraceQL in which names are quoted', async () => {
  const tempo = await server({
    traces: [
      {
        traceID: traceId,
        spanSets: [
          {
            spans: [
              {
                spanID: '1',
                startTimeUnixNano: `${startMs}000000`,
                durationNanos: '500000000',
                attributes: [{ key: 'swarmwatch.execution.id', value: { stringValue: 'r-1' } }],
              },
            ],
          },
        ],
      },
    ],
  })
  const explain = explainer({ traces: tempoStore({ url: tempo.url, tenant: 'team-a' }, fetch) })
  const notice = await explain(fails('the "writer"'))
  expect(notice.links).toMatchObject({ 'failed trace': `https://jaeger.example.com/trace/${traceId}` })
  expect(notice.executionIds).toEqual(['r-1'])
  const { path, headers } = tempo.requests[0]!
  expect(headers['x-scope-orgid']).toBe('team-a')
  expect(new URL(path, tempo.url).searchParams.get('q')).toBe(
    '{ (name = "invoke_agent the \\"writer\\"" || name = "invoke_workflow the \\"writer\\"") && resource.service.name = "swarm" && status = error } | select(span.swarmwatch.execution.id, span.swarmwatch.attempt.count, span.swarmwatch.cost.usd)',
  )
})

test('the dashboard of a resolved alert shows the time of the alert, and one without a link gets that of its agent', async () => {
  const explain = explainer({ grafanaUrl: 'https://grafana.example.com/' })
  const link = 'https://grafana.example.com/d/agent-detail?from=1795486385000&to=now&var-agent=a%20b'
  const over = { kind: 'resolved', endedAt: '2026-11-24T03:00:00Z', links: { dashboard: link } } as const
  expect((await explain(fails('writer', over))).links).toEqual({
    dashboard: link.replace('to=now', `to=${Date.parse('2026-11-24T03:30:00Z')}`),
  })
  expect((await explain(fails('writer', { links: { dashboard: link } }))).links).toEqual({ dashboard: link })
  expect((await explain(fails('a b', { links: {} }))).links).toEqual({
    dashboard: `https://grafana.example.com/d/agent-detail?var-agent=a+b&from=${startMs - 1_800_000}&to=now`,
  })
})

propertyTest.prop({
  status: fc.constantFrom(200, 204, 301, 400, 404, 500),
  body: fc.oneof(fc.json(), fc.string(), fc.constant(JSON.stringify(failedRuns('writer', ['r-1'])).slice(0, 200))),
})('whatever the store answers, the notice is sent with the links that it had', async ({ status, body }) => {
  const answer = (async () => new Response(status === 204 ? null : body, { status })) as typeof fetch
  for (const open of [jaegerStore, tempoStore]) {
    const explain = explainer({ traces: open({ url: 'http://127.0.0.1:1' }, answer) })
    expect(await explain(fails('writer'))).toEqual({ ...fails('writer') })
  }
})
