import type { IncomingMessage, ServerResponse } from 'node:http'

import { type HttpServer, startHttpServer } from '../http-server.ts'
import { readJsonBody } from '../read-json-body.ts'
import { type BacklogItem, backlogItems } from './backlog-items.ts'
import { type Review, review } from './review.ts'

/** A backlog service under way. */
export interface BacklogServer extends HttpServer {
  /** The last reviews of an item, oldest first, at most 20. */
  readonly reviewsOf: (id: string) => readonly Review[]
}

/** What {@link startBacklogServer} may be told. */
export interface BacklogServerOptions {
  readonly items?: readonly BacklogItem[]
  /** On 127.0.0.1. @default 0, a free one */
  readonly port?: number
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

const reviewsKept = 20

/**
 * Starts the small service that the agents' tools call, over real HTTP: `GET /items`, `GET /items/ID`, `POST /items/ID/reviews`,
 * `GET /items/ID/reviews`.
 */
export async function startBacklogServer({ items = backlogItems, port = 0 }: BacklogServerOptions = {}): Promise<BacklogServer> {
  const byId = new Map(items.map((item) => [item.id, item]))
  const reviews = new Map<string, Review[]>()

  async function answer(request: IncomingMessage): Promise<Answer> {
    // "/items", "/items/B-1", "/items/B-1/reviews"
    const match = /^\/items(?:\/([A-Z]+-\d+)(\/reviews)?)?$/.exec(request.url ?? '')
    if (!match) return problem(404, 'no such address')
    const [, id, isAboutReviews] = match
    if (id === undefined) return request.method === 'GET' ? { status: 200, body: { items } } : problem(405, 'use GET')
    const item = byId.get(id)
    if (!item) return problem(404, 'no such item')
    if (!isAboutReviews) return request.method === 'GET' ? { status: 200, body: item } : problem(405, 'use GET')
    if (request.method === 'GET') return { status: 200, body: { reviews: reviews.get(id) ?? [] } }
    return request.method === 'POST' ? keepReview(id, request) : problem(405, 'use GET or POST')
  }

  async function keepReview(id: string, request: IncomingMessage): Promise<Answer> {
    const body = await readJsonBody(request, 10_000)
    if (!body.ok) return body.reason === 'too-large' ? problem(413, 'at most 10000 bytes') : problem(400, 'the body is not JSON')
    const parsed = review.safeParse(body.value)
    if (!parsed.success) return problem(422, `invalid ${parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')}`)
    const kept = [...(reviews.get(id) ?? []), parsed.data].slice(-reviewsKept)
    reviews.set(id, kept)
    return { status: 201, body: { item: id, reviews: kept.length } }
  }

  const server = await startHttpServer(
    (request, response) => {
      answer(request).then(
        (result) => send(response, result),
        () => response.destroy(),
      )
    },
    { port },
  )
  return { ...server, reviewsOf: (id) => reviews.get(id) ?? [] }
}

const problem = (status: number, error: string): Answer => ({ status, body: { error } })

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
