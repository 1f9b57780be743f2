import { Secret } from '@swarmwatch/config'
import { freePort, openHttpServer, type Respond } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'

import { openPrometheus, type PrometheusError, type Series } from '../../src/prometheus/prometheus-client.ts'

const secretToken = 'token-that-no-message-may-contain'

async function failureOf(respond: Respond, options: { timeoutMs?: number; maxBytes?: number } = {}): Promise<PrometheusError> {
  await using server = await openHttpServer(respond)
  const prometheus = openPrometheus({ url: server.url, token: new Secret(secretToken) }, options)
  const error = await prometheus.query('up', 0).then(
    () => undefined,
    (thrown: unknown) => thrown as PrometheusError,
  )
  expect(error?.message).not.toContain(secretToken)
  return error!
}

const answer =
  (status: number, body: string): Respond =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(body)

describe('an API that does not answer as expected is named with its cure', () => {
  test.for([
    ['refuses the login', answer(401, ''), 'login', /refuses the login \(401\); check PROMETHEUS_TOKEN/],
    ['is no Prometheus', answer(200, '<html>'), 'not-prometheus', /has no Prometheus API \(200\); PROMETHEUS_URL must be/],
    ['has no such path', answer(404, 'not found'), 'not-prometheus', /has no Prometheus API \(404\)/],
    ['redirects', answer(302, ''), 'not-prometheus', /has no Prometheus API \(302\)/],
    ['fails', answer(502, 'bad gateway'), 'failing', /fails \(502\); try again later/],
    [
      'rejects the query',
      answer(400, '{"status":"error","error":"parse error"}'),
      'query',
      /rejects a query \(400\): parse error/,
    ],
    [
      'has too many samples',
      answer(422, '{"status":"error","error":"query processing would load too many samples into memory"}'),
      'too-much',
      /too many samples/,
    ],
    ['answers with null', answer(200, 'null'), 'not-prometheus', /has no Prometheus API/],
  ] as const)('%s', async ([, respond, reason, message]) => {
    const error = await failureOf(respond)
    expect(error.reason).toBe(reason)
    expect(error.message).toMatch(message)
  })

  test('hangs', async () => {
    const error = await failureOf(() => {}, { timeoutMs: 50 })
    expect([error.reason, error.message]).toEqual(['slow', expect.stringMatching(/did not answer within 0.05 s/)])
  })

  test('answers without end', async () => {
    const error = await failureOf(answer(200, 'x'.repeat(1_000)), { maxBytes: 100 })
    expect([error.reason, error.message]).toEqual(['too-much', expect.stringMatching(/more than 100 bytes/)])
  })

  test('is down', async () => {
    const prometheus = openPrometheus({ url: `http://127.0.0.1:${await freePort()}` })
    await expect(prometheus.query('up', 0)).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\); is it running, and is PROMETHEUS_URL/,
    )
  })
})

/** Answers range queries with one sample for each step, if the slice is not longer than it accepts. */
const ranges =
  (mostSteps: number): Respond =>
  ({ body }, response) => {
    const parameters = new URLSearchParams(body)
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(parameters.get(name)))
    const times = Array.from({ length: Math.floor((end! - start!) / step!) + 1 }, (_, at) => start! + at * step!)
    const isTooMuch = times.length > mostSteps
    const result = [{ metric: {}, values: times.map((time) => [time, String(time)]) }]
    response.writeHead(isTooMuch ? 422 : 200)
    response.end(
      JSON.stringify(isTooMuch ? { status: 'error', error: 'too many samples' } : { status: 'success', data: { result } }),
    )
  }

test('a range is read in slices, which are halved until the server accepts them; each step is read once', async () => {
  await using server = await openHttpServer(ranges(3))
  const prometheus = openPrometheus({ url: server.url })
  const times: number[] = []
  for await (const slice of prometheus.queryRange('x', { start: 60, end: 60 * 100, step: 60 }, { maxSteps: 40 })) {
    for (const { samples } of slice) times.push(...samples.map(([time]) => time))
  }
  expect(times).toEqual(Array.from({ length: 100 }, (_, at) => 60 * (at + 1)))
})

test.for(['', '/prometheus', '/select/0/prometheus/'])(
  'asks below the path %s with login and tenant, as Mimir and VictoriaMetrics need it',
  async (path) => {
    const result: Series[] = []
    await using server = await openHttpServer(answer(200, JSON.stringify({ status: 'success', data: { result } })))
    const login = { user: 'reader', password: new Secret('word'), tenant: 'team-a' }
    await openPrometheus({ url: `${server.url}${path}`, ...login }).query('up', 0)
    const [request] = server.requests
    expect(request).toMatchObject({
      path: `${path.replace(/\/$/, '')}/api/v1/query`,
      headers: { authorization: `Basic ${Buffer.from('reader:word').toString('base64')}`, 'x-scope-orgid': 'team-a' },
    })
  },
)
