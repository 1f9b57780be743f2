import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import {
  decodeMetrics,
  decodeTraces,
  eventually,
  type HttpServer,
  openHttpServer,
  openPostgres,
  openRedis,
  type OtlpSpan,
  startProgram,
  whyNoPostgres,
  whyNoRedis,
} from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { type Job, Queue } from 'bullmq'
import { PgBoss } from 'pg-boss'
import { describe, expect, onTestFinished, test } from 'vitest'

const guide = await readFile(new URL('../docs/queues.md', import.meta.url), 'utf8')
const folder = fileURLToPath(new URL('queues', import.meta.url))

/** Returns the worker of a section of the guide. */
function exampleOf(title: string): string {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  return [...section.matchAll(/^```ts\n([\s\S]*?)^```/gm)].at(-1)?.[1] ?? ''
}

/** Orders by what happens to them, and how often each is confirmed; `hang` and `lost` by a worker that is killed first. */
const orders = { 'fine-1': 1, 'busy-1': 3, 'wrong-1': 1, 'down-1': 4, 'hang-1': 2, 'lost-1': 1 }
const traces = new Map(Object.keys(orders).map((order, index) => [order, `${index + 1}`.repeat(32)]))
const jobOf = (order: string) => ({ order, traceparent: `00-${traces.get(order)!}-0123456789abcdef-01` })

/** A folder for the workers of one test, which share a file of effects. */
function workplace() {
  const place = temporaryFolder()
  const effects = join(place, 'effects')
  const lines = (): string[] => {
    try {
      return readFileSync(effects, 'utf8').split('\n').filter(Boolean)
    } catch {
      return []
    }
  }
  return { place, effects, count: (line: string) => lines().filter((each) => each === line).length }
}

/** Starts the example as a program of its own, with a collector for its telemetry. */
async function startWorker(example: string, env: Record<string, string>) {
  const collector = await openHttpServer()
  const options = ['--conditions=swarmwatch-source', '--import=@swarmwatch/node/register', '--input-type=module-typescript']
  const program = startProgram(process.execPath, [...options, '--eval', example], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      MONITOR_PORT: '0',
      METRICS_PORT: '0',
      BASE_RETRY_DELAY: '0.1',
      RETRY_EXPONENTIAL_FACTOR: '1',
      ...env,
    },
  })
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await collector.close()
  })
  await program.printed(/^working$/m)
  return { program, collector }
}

const bodies = ({ requests }: HttpServer, path: string): Buffer[] =>
  requests.filter((request) => request.path === path).map(({ bytes }) => bytes)

/** The last value of a counter that a worker exported, over the points with these labels. */
function sum(collector: HttpServer, name: string, labels: Record<string, string> = {}): number {
  const last = bodies(collector, '/v1/metrics').at(-1)
  const points = last ? decodeMetrics(last).flatMap((metric) => (metric.name === name ? metric.points : [])) : []
  return points
    .filter(({ attributes }) => Object.entries(labels).every(([key, value]) => attributes[key] === value))
    .reduce((total, { value }) => total + value, 0)
}

/** The spans of its trace that the attempts of `hang-1` in the surviving worker are linked to, as `traceparent`s. */
function linksOfHanging(survivor: HttpServer): string[] {
  const spans = bodies(survivor, '/v1/traces').flatMap(decodeTraces)
  const roots = spans.filter(({ name, traceId }) => name === 'invoke_agent order-taker' && traceId === traces.get('hang-1'))
  // pg-boss has spans of its own, in other traces
  const links = roots.flatMap((root) => root.links.filter(({ traceId }) => traceId === root.traceId))
  return links.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)
}

/** The telemetry of two workers: one that was killed, and one that finished its work. */
function recorded(killed: HttpServer, survivor: HttpServer) {
  const spans = [killed, survivor].flatMap((each) => bodies(each, '/v1/traces').flatMap(decodeTraces))
  const roots = spans.filter(({ name }) => name === 'invoke_agent order-taker')
  const traceOf = (order: string): OtlpSpan[] => roots.filter(({ traceId }) => traceId === traces.get(order))
  return {
    success: sum(survivor, 'agent.executions', { outcome: 'success' }),
    failure: sum(survivor, 'agent.executions', { outcome: 'failure' }),
    reused: sum(survivor, 'agent.tool.reused'),
    active: sum(survivor, 'active_executions'),
    endings: Object.fromEntries(
      Object.keys(orders).map((order) => [order, traceOf(order).map(({ attributes }) => attributes['swarmwatch.retry.outcome'])]),
    ),
  }
}

const expected = {
  // fine, busy, hang
  success: 3,
  // wrong, down, and lost, which no attempt could count
  failure: 3,
  // Charges of the second and later attempts: busy 2, down 3, hang 1
  reused: 6,
  active: 0,
  endings: {
    'fine-1': ['first_try'],
    'busy-1': ['continued', 'continued', 'recovered'],
    'wrong-1': ['not_retryable'],
    'down-1': ['continued', 'continued', 'continued', 'exhausted'],
    // Its first span died with its worker
    'hang-1': ['recovered'],
    'lost-1': [],
  },
}

const confirmations = (count: (line: string) => number): Record<string, number> =>
  Object.fromEntries(Object.keys(orders).map((order) => [order, count(`confirm ${order}`)]))
const charges = (count: (line: string) => number): number[] => Object.keys(orders).map((order) => count(`charge ${order}`))

/** The root span that the killed worker never exported. */
const rootOfHanging = `SELECT traceparent FROM swarmwatch_attempts WHERE traceparent LIKE '00-${traces.get('hang-1')!}-%'`

describe.skipIf(whyNoPostgres() !== undefined)('with a PostgreSQL server', () => {
  test('the worker for pg-boss counts each execution once and repeats no charge, also after SIGKILL', async () => {
    await using server = await openPostgres()
    const { effects, count } = workplace()
    const boss = new PgBoss({ connectionString: server.url, superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 })
    boss.on('error', () => {})
    await boss.start()
    onTestFinished(() => boss.stop({ graceful: false }))
    await boss.createQueue('lost-orders')
    // As in the guide, except that a dead worker is noticed after 10 s
    const options = { retryLimit: 3, retryDelay: 5, heartbeatSeconds: 10, deadLetter: 'lost-orders' }
    await boss.createQueue('orders', options)
    const env = { DATABASE_URL: server.url, EFFECTS: effects }
    const first = await startWorker(exampleOf('pg-boss'), env)
    const ids = new Map<string, string | null>()
    for (const order of ['hang-1', 'lost-1'])
      ids.set(order, await boss.send('orders', jobOf(order), { retryLimit: order === 'lost-1' ? 0 : 3 }))
    await eventually('both to hang', async () => count('confirm hang-1') === 1 && count('confirm lost-1') === 1)
    first.program.kill('SIGKILL')
    await first.program.ended
    const killed = await server.query(rootOfHanging)

    const second = await startWorker(exampleOf('pg-boss'), env)
    for (const order of ['fine-1', 'busy-1', 'wrong-1', 'down-1']) ids.set(order, await boss.send('orders', jobOf(order)))
    await eventually('all jobs to end', async () => {
      const jobs = await Promise.all([...ids.values()].map((id) => boss.getJobById('orders', id!)))
      const dead = await boss.findJobs('lost-orders')
      return jobs.every((job) => job?.completedOn) && dead.length === 3 && dead.every((job) => job.completedOn)
    })
    second.program.kill('SIGTERM')
    await second.program.ended

    expect(confirmations(count)).toEqual(orders)
    expect(charges(count)).toEqual([1, 1, 1, 1, 1, 1])
    expect(recorded(first.collector, second.collector), second.program.output()).toEqual(expected)
    expect(linksOfHanging(second.collector)).toEqual([killed])
  })
})

describe.skipIf(whyNoPostgres() !== undefined)('with a table of a PostgreSQL server', () => {
  test('the worker counts each execution once and repeats no charge, also after SIGKILL', async () => {
    await using server = await openPostgres()
    const { effects, count } = workplace()
    // As in the guide, except that a dead worker is noticed after 15 s
    const example = exampleOf('A table of your own').replace("interval '300 seconds'", "interval '15 seconds'")
    const env = { DATABASE_URL: server.url, EFFECTS: effects }
    const add = (order: string, attempt = 0) =>
      server.query(`INSERT INTO order_jobs (data, attempt) VALUES ('${JSON.stringify(jobOf(order))}', ${attempt})`)
    const first = await startWorker(example, env)
    await add('hang-1')
    // Its final attempt
    await add('lost-1', 3)
    await eventually('both to hang', async () => count('confirm hang-1') === 1 && count('confirm lost-1') === 1)
    first.program.kill('SIGKILL')
    await first.program.ended
    const killed = await server.query(rootOfHanging)

    const second = await startWorker(example, env)
    for (const order of ['fine-1', 'busy-1', 'wrong-1', 'down-1']) await add(order)
    const open = "SELECT count(*) FROM order_jobs WHERE state = 'open'"
    await eventually('all jobs to end', async () => (await server.query(open)) === '0')
    second.program.kill('SIGTERM')
    await second.program.ended

    expect(confirmations(count)).toEqual(orders)
    expect(charges(count)).toEqual([1, 1, 1, 1, 1, 1])
    expect(recorded(first.collector, second.collector), second.program.output()).toEqual(expected)
    expect(linksOfHanging(second.collector)).toEqual([killed])
  })
})

describe.skipIf(whyNoRedis() !== undefined)('with a Redis server', () => {
  // As in the guide, except that a dead worker is noticed after 10 s
  const example = exampleOf('BullMQ').replaceAll('30_000', '5_000')

  async function openQueue() {
    const server = await openRedis()
    const { place, effects, count } = workplace()
    const queue = new Queue('orders', { connection: { url: server.url } })
    onTestFinished(async () => {
      await queue.close()
      await server[Symbol.asyncDispose]()
    })
    const add = (order: string) => queue.add('order', jobOf(order), { attempts: 4, backoff: { type: 'custom' } })
    return { add, count, env: { REDIS_URL: server.url, EFFECTS: effects, ONCE_FILE: join(place, 'once.db') } }
  }

  const ended = (jobs: readonly Job[]) =>
    eventually('all jobs to end', async () => {
      const states = await Promise.all(jobs.map((job) => job.getState()))
      return states.every((state) => state === 'completed' || state === 'failed')
    })

  test('the worker for BullMQ counts each execution once and repeats no charge, also after SIGKILL', async () => {
    const { add, count, env } = await openQueue()
    const first = await startWorker(example, env)
    const jobs = [await add('hang-1')]
    await eventually('the order to hang', async () => count('confirm hang-1') === 1)
    first.program.kill('SIGKILL')
    await first.program.ended
    const killed = new DatabaseSync(env.ONCE_FILE, { readOnly: true }).prepare(rootOfHanging).get()?.['traceparent']

    const second = await startWorker(example, env)
    for (const order of ['fine-1', 'busy-1', 'wrong-1', 'down-1']) jobs.push(await add(order))
    await ended(jobs)
    second.program.kill('SIGTERM')
    await second.program.ended

    expect(confirmations(count)).toEqual({ ...orders, 'lost-1': 0 })
    expect(charges(count)).toEqual([1, 1, 1, 1, 1, 0])
    expect(recorded(first.collector, second.collector), second.program.output()).toEqual({ ...expected, failure: 2 })
    expect(linksOfHanging(second.collector)).toEqual([killed])
  })

  test('an execution whose worker died too often for BullMQ is counted as a failure', async () => {
    const { add, count, env } = await openQueue()
    const first = await startWorker(example, env)
    const job = await add('lost-1')
    await eventually('the order to hang', async () => count('confirm lost-1') === 1)
    first.program.kill('SIGKILL')
    await first.program.ended

    const second = await startWorker(example.replace('maxStalledCount: 3', 'maxStalledCount: 0'), env)
    await ended([job])
    second.program.kill('SIGTERM')
    await second.program.ended

    expect(count('confirm lost-1')).toBe(1)
    expect(recorded(first.collector, second.collector), second.program.output()).toMatchObject({ success: 0, failure: 1 })
  })
})
