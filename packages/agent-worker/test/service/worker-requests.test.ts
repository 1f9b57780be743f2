import { Secret } from '@swarmwatch/config'
import { expect, onTestFinished, test } from 'vitest'

import { startLocalServer } from '../../src/http-server.ts'
import { openTaskQueue } from '../../src/service/task-queue.ts'
import { workerRequests } from '../../src/service/worker-requests.ts'
import { type ControlledWork, controlledWork } from './controlled-work.ts'

const token = 'a-token-of-24-characters'
const json = { 'content-type': 'application/json', authorization: `Bearer ${token}` }

interface Answer {
  readonly status: number
  readonly body: unknown
  /** Headers that guide the client. */
  readonly headers?: Record<string, string>
}

interface Api extends ControlledWork {
  readonly ask: (path: string, init?: RequestInit) => Promise<Answer>
  readonly post: (body: string, headers?: Record<string, string>) => Promise<Answer>
}

async function start({ queueLimit = 10, isOpen = false, isBroken = false } = {}): Promise<Api> {
  const held = controlledWork()
  const refused = async (): Promise<never> => {
    throw Object.assign(new Error('password of the database'), { code: 'ECONNREFUSED' })
  }
  const opened = openTaskQueue(held.work, { concurrency: 1, queueLimit })
  const queue = isBroken ? { ...opened, add: refused, find: refused, counts: refused } : opened
  const handle = workerRequests({
    queue,
    schedule: { skipped: () => 3 },
    isDraining: () => false,
    token: isOpen ? undefined : new Secret(token),
    realModel: undefined,
  })
  const { url, close } = await startLocalServer(handle)
  onTestFinished(close)
  const ask: Api['ask'] = async (path, init) => {
    const response = await fetch(url + path, init)
    const named = ['allow', 'retry-after', 'www-authenticate'].flatMap((name) => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value] as const]
    })
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      ...(named.length > 0 && { headers: Object.fromEntries(named) }),
    }
  }
  return { ...held, ask, post: (body, headers = json) => ask('/tasks', { method: 'POST', body, headers }) }
}

test('POST /tasks queues a task, and GET /tasks/ID returns it', async () => {
  const { post, ask, begun } = await start()
  const { status, body } = await post('{"agent":"api-integrator","item":"B-3","title":"  Faster exports "}')
  const { id } = body as { id: string }
  expect({ status, body }).toEqual({ status: 202, body: { id, agent: 'api-integrator', state: 'queued' } })
  await expect.poll(() => begun).toEqual([1])
  const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown
  expect(await ask(`/tasks/${id}`, { headers: json })).toEqual({
    status: 200,
    body: {
      id,
      agent: 'api-integrator',
      item: 'B-3',
      title: 'Faster exports',
      state: 'running',
      queuedAt: isoTime,
      startedAt: isoTime,
    },
  })
})

test.each([
  ['{}', 'agent must be rapid-builder, api-integrator or reviewer, got nothing'],
  ['[]', 'the body must be a JSON object, got a list'],
  ['null', 'the body must be a JSON object, got null'],
  ['{"agent":"robot"}', 'agent must be rapid-builder, api-integrator or reviewer, got "robot"'],
  ['{"agent":"reviewer","item":"B-9"}', 'item must be B-1, B-2, B-3 or B-4, got "B-9"'],
  ['{"agent":"reviewer","title":"two\\nlines"}', 'title must be one line of 1 to 200 characters, got "two\\nlines"'],
  ['{"agent":"reviewer","title":" "}', 'title must be one line of 1 to 200 characters, got ""'],
  [String.raw`{"agent":"reviewer","title":"\ud800"}`, String.raw`title must be one line of 1 to 200 characters, got "\ud800"`],
  ['{"agent":"reviewer","title":7}', 'title must be one line of 1 to 200 characters, got 7'],
  ['{"agent":"reviewer","fault":"503"}', 'fault must be 429, 500, reset or timeout, got "503"'],
  ['{"agent":"reviewer","priority":11}', 'priority must be a whole number from -10 to 10, got 11'],
  ['{"agent":"reviewer","priority":0.5}', 'priority must be a whole number from -10 to 10, got 0.5'],
  ['{"agent":"reviewer","faults":1}', 'unknown property "faults"; allowed are agent, item, title, fault and priority'],
  ['{"agent":1,"fault":2}', expect.stringMatching(/^agent must .*, got 1; fault must .*, got 2$/)],
  ['{"agent"', 'the body must be JSON'],
])('POST /tasks answers 400 to %s and names the rule that it breaks', async (sent, error) => {
  const { post } = await start()
  expect(await post(sent)).toEqual({ status: 400, body: { error } })
})

test('POST /tasks answers 413 to a large body, with or without a content-length', async () => {
  const { ask, post } = await start()
  const tooLarge = { status: 413, body: { error: 'the body must be at most 65536 bytes' } }
  const large = JSON.stringify({ agent: 'reviewer', title: 'x'.repeat(1_000_000) })
  expect(await post(large)).toEqual(tooLarge)
  const body = new Blob([large.slice(0, 100_000)]).stream()
  expect(await ask('/tasks', { method: 'POST', body, headers: json, duplex: 'half' } as RequestInit)).toEqual(tooLarge)
})

test('POST /tasks answers 415 to a body whose content-type is not JSON', async () => {
  const { post } = await start()
  const { authorization } = json
  const answer = { status: 415, body: { error: 'content-type must be application/json' } }
  expect(await post('{"agent":"reviewer"}', { authorization })).toEqual(answer)
  expect(await post('{"agent":"reviewer"}', { authorization, 'content-type': 'application/jsonp' })).toEqual(answer)
})

test('every request answers 503 with Retry-After while the database of the queue cannot be used', async () => {
  const { ask, post } = await start({ isBroken: true })
  const answer = {
    status: 503,
    body: { error: 'the database of the queue cannot be used (ECONNREFUSED)' },
    headers: { 'retry-after': '10' },
  }
  expect(await post('{"agent":"reviewer"}')).toEqual(answer)
  expect(await ask('/tasks/1', { headers: json })).toEqual(answer)
  expect(await ask('/healthz')).toEqual(answer)
})

test('POST /tasks answers 503 with Retry-After while the queue is full', async () => {
  const { post, begun, succeed } = await start({ queueLimit: 1 })
  expect((await post('{"agent":"reviewer"}')).status).toBe(202)
  await expect.poll(() => begun).toEqual([1])
  expect((await post('{"agent":"reviewer"}')).status).toBe(202)
  expect(await post('{"agent":"reviewer"}')).toEqual({
    status: 503,
    body: { error: 'the queue is full, queued tasks: 1 (WORKER_QUEUE_LIMIT)' },
    headers: { 'retry-after': '10' },
  })
  succeed(1)
  await expect.poll(() => begun).toEqual([1, 2])
  expect((await post('{"agent":"reviewer"}')).status).toBe(202)
})

test.each(['', 'Bearer', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`, `Bearer ${token.slice(0, -1)}`])(
  'authorization %j is refused on every path',
  async (authorization) => {
    const { ask, begun } = await start()
    const headers = { ...json, authorization }
    const answers = await Promise.all([
      ask('/tasks', { method: 'POST', body: '{"agent":"reviewer"}', headers }),
      ask('/tasks/1', { headers }),
      ask('/', { headers }),
    ])
    expect(answers).toEqual(
      Array(3).fill({
        status: 401,
        body: { error: 'a bearer token is required: authorization: Bearer WORKER_TOKEN' },
        headers: { 'www-authenticate': 'Bearer' },
      }),
    )
    expect(begun).toEqual([])
  },
)

test('GET /healthz answers without a token', async () => {
  const { ask } = await start()
  const body = { status: 'ok', queued: 0, running: 0, finished: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 3 }
  expect(await ask('/healthz?verbose')).toEqual({ status: 200, body })
  expect(await ask('/healthz', { method: 'HEAD' })).toEqual({ status: 200, body: undefined })
})

test('a worker without a token accepts tasks from any client except a web page', async () => {
  const { post } = await start({ isOpen: true })
  const type = { 'content-type': 'application/json' }
  expect((await post('{"agent":"reviewer"}', type)).status).toBe(202)
  expect(await post('{"agent":"reviewer"}', { ...type, origin: 'http://evil.example' })).toEqual({
    status: 403,
    body: { error: 'tasks from web pages are not accepted' },
  })
})

test('unknown paths and methods are refused with the available ones', async () => {
  const { ask } = await start()
  const headers = json
  const answers = await Promise.all([
    ask('/', { headers }),
    ask('/tasks/no-such', { headers }),
    ask('/tasks', { headers }),
    ask('/tasks/1', { headers, method: 'DELETE' }),
    ask('/healthz', { headers, method: 'POST', body: '{}' }),
  ])
  expect(answers).toEqual([
    { status: 404, body: { error: 'unknown path; available are POST /tasks, GET /tasks/ID and GET /healthz' } },
    { status: 404, body: { error: 'unknown task, or it ended too long ago' } },
    { status: 405, body: { error: 'only POST' }, headers: { allow: 'POST' } },
    { status: 405, body: { error: 'only GET' }, headers: { allow: 'GET' } },
    { status: 405, body: { error: 'only GET' }, headers: { allow: 'GET' } },
  ])
})
