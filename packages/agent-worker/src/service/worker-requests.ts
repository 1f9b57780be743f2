import type { IncomingMessage, RequestListener } from 'node:http'

import type { Secret } from '@swarmwatch/config'

import { readJsonBody } from '../read-json-body.ts'
import { bearerCheck } from './bearer-check.ts'
import type { Schedule } from './open-schedule.ts'
import { type OrderRules, readOrder } from './read-order.ts'
import type { TaskQueue } from './task-queue.ts'
import { shownTask } from './task.ts'

/** What the worker's HTTP interface works on. */
export interface WorkerInterface extends OrderRules {
  readonly queue: TaskQueue
  /** Undefined lets everybody in who reaches it. */
  readonly token: Secret | undefined
  readonly schedule: Pick<Schedule, 'skipped'>
  readonly isDraining: () => boolean
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const mostBodyBytes = 65_536
const retryAfter = { 'retry-after': '10' }

/** Answers `POST /tasks`, `GET /tasks/ID` and `GET /healthz` in JSON; whatever is wrong, the answer says what. */
export function workerRequests(worker: WorkerInterface): RequestListener {
  const mayEnter = bearerCheck(worker.token)

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = request.url?.split('?')[0] ?? ''
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (path === '/healthz') return isRead ? { status: 200, body: health(worker) } : notAllowed('GET')
    if (!mayEnter(request.headers.authorization)) {
      const headers = { 'www-authenticate': 'Bearer' }
      return { ...problem(401, 'a bearer token is needed: authorization: Bearer WORKER_TOKEN'), headers }
    }
    if (path === '/tasks') return request.method === 'POST' ? takeOrder(request, worker) : notAllowed('POST')
    const id = /^\/tasks\/([^/]+)$/.exec(path)?.[1]
    if (id === undefined) return problem(404, 'there is nothing here; there are POST /tasks, GET /tasks/ID and GET /healthz')
    if (!isRead) return notAllowed('GET')
    const task = worker.queue.find(id)
    return task ? { status: 200, body: shownTask(task) } : problem(404, 'there is no such task, or it ended long ago')
  }

  return (request, response) => {
    answer(request)
      // The connection broke while it was read
      .catch(() => problem(400, 'the request could not be read'))
      .then(({ status, body, headers }) =>
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
      )
      .catch(() => response.destroy())
  }
}

function health({ queue, schedule, isDraining }: WorkerInterface): Record<string, unknown> {
  const { queued, running, succeeded, failed, cancelled } = queue.counts()
  const finished = succeeded + failed + cancelled
  const status = isDraining() ? 'draining' : 'ok'
  return { status, queued, running, finished, succeeded, failed, cancelled, skipped: schedule.skipped() }
}

async function takeOrder(request: IncomingMessage, { queue, realModel }: WorkerInterface): Promise<Answer> {
  const { origin, 'content-type': type = 'nothing' } = request.headers
  // A page in a browser must not order what costs money; curl and servers send no origin
  if (origin !== undefined) return problem(403, 'orders from web pages are not taken')
  if (!/^application\/json\s*(;|$)/i.test(type)) return problem(415, 'content-type must be application/json')
  const body = await readJsonBody(request, mostBodyBytes)
  if (!body.ok)
    return body.reason === 'too-large'
      ? problem(413, `the body must be at most ${mostBodyBytes} bytes`)
      : problem(400, 'the body must be JSON')
  const read = readOrder(body.value, { realModel })
  if (!read.ok) return problem(400, read.problems.join('; '))
  const task = queue.add(read.order)
  if (task === 'stopping') return { ...problem(503, 'the worker is stopping'), headers: retryAfter }
  if (task === 'full') {
    const { queued } = queue.counts()
    return { ...problem(503, `the queue is full, tasks that wait: ${queued} (WORKER_QUEUE_LIMIT)`), headers: retryAfter }
  }
  const { id, order, state } = task
  return { status: 202, body: { id, agent: order.agent, state }, headers: { location: `/tasks/${id}` } }
}

const problem = (status: number, error: string): Answer => ({ status, body: { error } })
const notAllowed = (allow: string): Answer => ({ ...problem(405, `only ${allow}`), headers: { allow } })
