import type { IncomingMessage, RequestListener } from 'node:http'

import { isSameText, type Secret } from '@swarmwatch/config'
import { errorType } from '@swarmwatch/sdk'

import { readJsonBody } from '../http-server.ts'
import type { Schedule } from './open-schedule.ts'
import type { Task, WorkQueue } from './task-queue.ts'
import { readTaskRequest, type TaskRequestOptions } from './task-request.ts'

/** Options for {@link workerRequests}. */
export interface WorkerRequestsOptions extends TaskRequestOptions {
  readonly queue: WorkQueue
  /** Bearer token that task requests must carry; undefined accepts every request. */
  readonly token: Secret | undefined
  readonly schedule: Pick<Schedule, 'skipped'>
  readonly isDraining: () => boolean
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const maxBodyBytes = 65_536
const retryAfter = { 'retry-after': '10' }

/** Answers `POST /tasks`, `GET /tasks/ID` and `GET /healthz` in JSON. An error response names the rule that the request breaks. */
export function workerRequests(worker: WorkerRequestsOptions): RequestListener {
  const isAuthorized = bearerCheck(worker.token)

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = request.url?.split('?')[0] ?? ''
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (path === '/healthz') return isRead ? await health(worker) : notAllowed('GET')
    if (!isAuthorized(request.headers.authorization)) {
      const headers = { 'www-authenticate': 'Bearer' }
      return { ...problem(401, 'a bearer token is required: authorization: Bearer WORKER_TOKEN'), headers }
    }
    if (path === '/tasks') return request.method === 'POST' ? addTask(request, worker) : notAllowed('POST')
    const id = /^\/tasks\/([^/]+)$/.exec(path)?.[1]
    if (id === undefined) return problem(404, 'unknown path; available are POST /tasks, GET /tasks/ID and GET /healthz')
    if (!isRead) return notAllowed('GET')
    const task = await ask(() => worker.queue.find(id))
    return task ? { status: 200, body: shownTask(task) } : problem(404, 'unknown task, or it ended too long ago')
  }

  return (request, response) => {
    answer(request)
      .catch((error: unknown) =>
        error instanceof QueueError
          ? { ...problem(503, error.message), headers: retryAfter }
          : // The connection broke while the request was read
            problem(400, 'the request could not be read'),
      )
      .then(({ status, body, headers }) =>
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
      )
      .catch(() => response.destroy())
  }
}

/** The queue cannot be used, because of its database. */
class QueueError extends Error {}

async function ask<T>(queue: () => T | Promise<T>): Promise<T> {
  try {
    return await queue()
  } catch (error) {
    throw new QueueError(`the database of the queue cannot be used (${errorType(error)})`)
  }
}

async function health({ queue, schedule, isDraining }: WorkerRequestsOptions): Promise<Answer> {
  const { queued, running, succeeded, failed, cancelled } = await ask(() => queue.counts())
  const finished = succeeded + failed + cancelled
  const status = isDraining() ? 'draining' : 'ok'
  return { status: 200, body: { status, queued, running, finished, succeeded, failed, cancelled, skipped: schedule.skipped() } }
}

async function addTask(request: IncomingMessage, { queue, realModel }: WorkerRequestsOptions): Promise<Answer> {
  const { origin, 'content-type': type = '' } = request.headers
  // A web page must not start tasks, which cost money; curl and servers send no origin
  if (origin !== undefined) return problem(403, 'tasks from web pages are not accepted')
  if (!/^application\/json\s*(;|$)/i.test(type)) return problem(415, 'content-type must be application/json')
  const body = await readJsonBody(request, maxBodyBytes)
  if (!body.ok)
    return body.reason === 'too-large'
      ? problem(413, `the body must be at most ${maxBodyBytes} bytes`)
      : problem(400, 'the body must be JSON')
  const parsed = readTaskRequest(body.value, { realModel })
  if (!parsed.ok) return problem(400, parsed.problems.join('; '))
  const task = await ask(() => queue.add(parsed.request))
  if (task === 'stopping') return { ...problem(503, 'the worker is stopping'), headers: retryAfter }
  if (task === 'full' || task === 'known') {
    const { queued } = await ask(() => queue.counts())
    return { ...problem(503, `the queue is full, queued tasks: ${queued} (WORKER_QUEUE_LIMIT)`), headers: retryAfter }
  }
  const { id, request: accepted } = task
  // It may have started in the meantime
  return { status: 202, body: { id, agent: accepted.agent, state: 'queued' }, headers: { location: `/tasks/${id}` } }
}

const problem = (status: number, error: string): Answer => ({ status, body: { error } })
const notAllowed = (allow: string): Answer => ({ ...problem(405, `only ${allow}`), headers: { allow } })

/** Formats a task for the response. */
function shownTask({ id, request, state, queuedAt, startedAt, finishedAt, errorType }: Task): Record<string, unknown> {
  const { agent, item, title } = request
  const error = errorType === undefined ? undefined : { type: errorType }
  return { id, agent, item: item.id, title, state, error, queuedAt, startedAt, finishedAt }
}

/** Returns a check, in constant time, of whether an `authorization` header carries the token. Without a token every header passes. */
function bearerCheck(token: Secret | undefined): (header: string | undefined) => boolean {
  if (token === undefined) return () => true
  return (header) => isSameText(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '', token.reveal())
}
