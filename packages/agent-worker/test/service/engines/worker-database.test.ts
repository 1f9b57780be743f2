import { decodeMetrics, decodeTraces, eventually, openHttpServer, openPostgres, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect } from 'vitest'

import { startModelServer } from '../../../src/model-server/start-model-server.ts'
import { test } from '../start-worker.ts'

describe.skipIf(whyNoPostgres() !== undefined)('with WORKER_DATABASE_URL', () => {
  test('a task whose worker is killed is finished by another one, as one execution and one trace', async ({
    startWorker,
    onTestFinished,
  }) => {
    await using server = await openPostgres()
    await using collector = await openHttpServer()
    let latencyMs = 3_600_000
    const model = await startModelServer({ latencyMs: () => latencyMs })
    onTestFinished(() => model.close())
    const env = {
      WORKER_DATABASE_URL: server.url,
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: `${model.url}/v1`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    }
    const first = startWorker(env)
    const id = await first.add({ agent: 'reviewer', item: 'B-2', priority: 5 })
    await first.task(id, 'running')
    const bodies = (path: string): Buffer[] => collector.requests.filter((each) => each.path === path).map(({ bytes }) => bytes)
    await eventually('the span of the queued task', () =>
      bodies('/v1/traces')
        .flatMap(decodeTraces)
        .some(({ name }) => name === 'send tasks'),
    )
    first.process.kill('SIGKILL')
    await first.ended()
    latencyMs = 1

    const second = startWorker(env)
    expect(await second.task(id, 'succeeded')).toMatchObject({ agent: 'reviewer', item: 'B-2' })
    expect((await second.get('/healthz')).body).toMatchObject({ status: 'ok', queued: 0, succeeded: 1, failed: 0 })
    second.process.kill('SIGTERM')
    const { code, output } = await second.ended()
    expect(code, output).toBe(0)
    expect(output).toContain('[SUCCESS] reviewer recovered on attempt 2')

    const spans = bodies('/v1/traces').flatMap(decodeTraces)
    const [queued] = spans.filter(({ name }) => name === 'send tasks')
    const runs = spans.filter(({ name }) => name === 'invoke_agent reviewer')
    expect(
      runs.map(({ traceId, parentSpanId, attributes }) => [traceId, parentSpanId, attributes['swarmwatch.retry.outcome']]),
    ).toEqual([[queued?.traceId, queued?.spanId, 'recovered']])
    expect(spans.filter(({ name }) => name === 'attempt 2').map(({ traceId }) => traceId)).toEqual([queued?.traceId])
    const points = decodeMetrics(bodies('/v1/metrics').at(-1)!).flatMap((each) =>
      each.name === 'agent.executions' ? each.points : [],
    )
    const counted = points.filter(({ attributes, value }) => attributes['agent.name'] === 'reviewer' && value > 0)
    expect(counted.map(({ attributes, value }) => [attributes['outcome'], value])).toEqual([['success', 1]])
  })

  test('a worker exports the depth of the queue by state, and how long the oldest task has waited', async ({
    startWorker,
    onTestFinished,
  }) => {
    await using server = await openPostgres()
    await using collector = await openHttpServer()
    const model = await startModelServer({ latencyMs: () => 3_600_000 })
    onTestFinished(() => model.close())
    const worker = startWorker({
      WORKER_DATABASE_URL: server.url,
      WORKER_CONCURRENCY: '1',
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: `${model.url}/v1`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      METRICS_EXPORT_INTERVAL: '1',
    })
    await worker.task(await worker.add({ agent: 'reviewer' }), 'running')
    await worker.add({ agent: 'reviewer' })
    await eventually('the numbers of the queue', () => {
      const exported = collector.requests.filter(({ path }) => path === '/v1/metrics').at(-1)
      const points = exported ? decodeMetrics(exported.bytes) : []
      const of = (name: string) => points.find((each) => each.name === name)?.points ?? []
      const depth = Object.fromEntries(of('worker.queue.tasks').map(({ attributes, value }) => [attributes['state'], value]))
      expect(depth).toEqual({ queued: 1, waiting: 0, running: 1 })
      expect(of('worker.queue.oldest.seconds')[0]?.value).toBeGreaterThan(1)
      return true
    })
  })

  test('a stopped worker leaves its queued tasks to the others, and any worker knows a task', async ({
    startWorker,
    onTestFinished,
  }) => {
    await using server = await openPostgres()
    const model = await startModelServer({ latencyMs: () => 300 })
    onTestFinished(() => model.close())
    const env = {
      WORKER_DATABASE_URL: server.url,
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: `${model.url}/v1`,
      WORKER_CONCURRENCY: '1',
    }
    const first = startWorker(env)
    const ids = [
      await first.add({ agent: 'rapid-builder' }),
      await first.add({ agent: 'rapid-builder' }),
      await first.add({ agent: 'rapid-builder' }),
    ]
    first.process.kill('SIGTERM')
    const { code, output } = await first.ended()
    expect(code, output).toBe(0)
    expect(output).toContain('queued tasks stay in the database')
    const second = startWorker(env)
    for (const id of ids) await second.task(id, 'succeeded')
  })

  test('a requested fault fails in all four attempts, which are counted as one execution', async ({ startWorker }) => {
    await using server = await openPostgres()
    const worker = startWorker({ WORKER_DATABASE_URL: server.url })
    const id = await worker.add({ agent: 'reviewer', fault: '500' })
    expect(await worker.task(id, 'failed')).toMatchObject({ error: { type: '500' } })
    expect(worker.output()).toMatch(/\[FAILED\] reviewer gave up after 4 attempts, \d+\.\d s \(500\)/)
    expect(worker.output().match(/\[RETRY\] reviewer attempt \d failed, its queue decides on the next one/g)).toHaveLength(3)
    expect((await worker.get('/healthz')).body).toMatchObject({ failed: 1, queued: 0, running: 0 })
  })

  test('a task whose worker is killed in its last attempt fails, and its execution is counted', async ({
    startWorker,
    onTestFinished,
  }) => {
    await using server = await openPostgres()
    const model = await startModelServer({ latencyMs: () => 3_600_000 })
    onTestFinished(() => model.close())
    const env = {
      WORKER_DATABASE_URL: server.url,
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: `${model.url}/v1`,
      MAX_RETRIES: '0',
      WORKER_LEASE_SECONDS: '10',
    }
    const first = startWorker(env)
    const id = await first.add({ agent: 'reviewer' })
    await first.task(id, 'running')
    first.process.kill('SIGKILL')
    await first.ended()

    const second = startWorker(env)
    expect(await second.task(id, 'failed')).toMatchObject({ error: { type: 'WorkerLostError' } })
    await second.prints(/\[FAILED\] reviewer gave up after 1 attempt, 0\.\d s \(WorkerLostError\)/)
    expect((await second.get('/healthz')).body).toMatchObject({ failed: 1, queued: 0, running: 0 })
  })

  test('workers with the same schedule add each scheduled task once', async ({ startWorker }) => {
    await using server = await openPostgres()
    const env = { WORKER_DATABASE_URL: server.url, WORKER_TASKS_PER_MINUTE: '60' }
    const workers = [startWorker(env), startWorker(env), startWorker(env)]
    for (const worker of workers) await worker.url()
    const added =
      "SELECT count(*), count(DISTINCT floor(extract(epoch FROM created_on))) FROM swarmwatch_worker.job WHERE name = 'tasks'"
    await eventually('ten tasks', async () => Number((await server.query(added)).split('|')[0]) >= 10)
    for (const worker of workers) worker.process.kill('SIGTERM')
    for (const worker of workers) await worker.ended()
    const span = "SELECT extract(epoch FROM max(created_on) - min(created_on)) FROM swarmwatch_worker.job WHERE name = 'tasks'"
    const [tasks, seconds] = [Number((await server.query(added)).split('|')[0]), Number(await server.query(span))]
    // One for each second that has begun
    expect(tasks).toBeLessThanOrEqual(Math.ceil(seconds) + 1)
  })

  test('while its database is gone, a worker answers 503 and can still be stopped', async ({ startWorker }) => {
    await using server = await openPostgres()
    const worker = startWorker({ WORKER_DATABASE_URL: server.url })
    await worker.task(await worker.add({ agent: 'reviewer' }), 'succeeded')
    await server.kill()
    const error = expect.stringMatching(/^the database of the queue cannot be used \(\w+\)$/) as string
    expect(await worker.get('/healthz')).toEqual({ status: 503, body: { error } })
    expect(await worker.post({ agent: 'reviewer' })).toEqual({ status: 503, body: { error } })
    worker.process.kill('SIGTERM')
    const { code, output } = await worker.ended()
    expect(code, output).toBe(0)
    expect(output).toContain('stopped; since the start 1 task succeeded, 0 failed, 0 were cancelled')
    expect(output).not.toContain('crashed')
  })
})
