import type { IncomingMessage, ServerResponse } from 'node:http'

import { z } from 'zod'

import { type LocalServer, readJsonBody, startLocalServer } from '../http-server.ts'

/** A feature to build, as the agents' tool `get_requirement` reads it. */
export interface BacklogItem {
  readonly id: string
  readonly title: string
  /** Method and path of each endpoint of the item's service. */
  readonly endpoints: readonly string[]
  readonly acceptance: readonly string[]
}

/** Items of the reference backlog. */
export const backlogItems: readonly BacklogItem[] = [
  {
    id: 'B-1',
    title: 'Order history',
    endpoints: ['GET /orders', 'GET /orders/latest'],
    acceptance: ['The newest order comes first', 'An empty history is an empty list'],
  },
  {
    id: 'B-2',
    title: 'Password reset',
    endpoints: ['POST /password-resets', 'GET /password-resets/status'],
    acceptance: ['An unknown address gets the same answer as a known one', 'A link works once'],
  },
  {
    id: 'B-3',
    title: 'Invoice export',
    endpoints: ['POST /exports', 'GET /exports/latest', 'DELETE /exports/latest'],
    acceptance: ['Amounts keep their currency', 'A second export does not wait for the first'],
  },
  {
    id: 'B-4',
    title: 'Search suggestions',
    endpoints: ['GET /suggestions'],
    acceptance: ['At most eight suggestions', 'No suggestion for fewer than three letters'],
  },
]

/** Returns the item with this id, if there is one. */
export function findItem(id: string): BacklogItem | undefined {
  return backlogItems.find((item) => item.id === id)
}

/** The verdict on an item's files. */
export interface Review {
  verdict: 'approve' | 'request_changes'
  summary: string
}

type ReviewShape = { verdict: z.ZodEnum<{ approve: 'approve'; request_changes: 'request_changes' }>; summary: z.ZodString }

/** Schema of the review that the agents' tool sends to the backlog service. */
export const review: z.ZodObject<ReviewShape> = z.object({
  verdict: z.enum(['approve', 'request_changes']),
  summary: z.string().min(1).max(2000),
})

/** A running backlog service. */
export interface BacklogServer extends LocalServer {
  /** The last reviews of an item, oldest first, at most 20. */
  readonly reviewsOf: (id: string) => readonly Review[]
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

const maxReviews = 20

/**
 * Starts the small HTTP service that the agents' tools call: `GET /items`, `GET /items/ID`, `POST /items/ID/reviews` and
 * `GET /items/ID/reviews`.
 */
export async function startBacklogServer(): Promise<BacklogServer> {
  const reviews = new Map<string, Review[]>()

  async function answer(request: IncomingMessage): Promise<Answer> {
    // "/items", "/items/B-1", "/items/B-1/reviews"
    const match = /^\/items(?:\/([A-Z]+-\d+)(\/reviews)?)?$/.exec(request.url ?? '')
    if (!match) return problem(404, 'no such address')
    const [, id, isAboutReviews] = match
    if (id === undefined)
      return request.method === 'GET' ? { status: 200, body: { items: backlogItems } } : problem(405, 'use GET')
    const item = findItem(id)
    if (!item) return problem(404, 'no such item')
    if (!isAboutReviews) return request.method === 'GET' ? { status: 200, body: item } : problem(405, 'use GET')
    if (request.method === 'GET') return { status: 200, body: { reviews: reviews.get(id) ?? [] } }
    return request.method === 'POST' ? addReview(id, request) : problem(405, 'use GET or POST')
  }

  async function addReview(id: string, request: IncomingMessage): Promise<Answer> {
    const body = await readJsonBody(request, 10_000)
    if (!body.ok) return body.reason === 'too-large' ? problem(413, 'at most 10000 bytes') : problem(400, 'the body is not JSON')
    const parsed = review.safeParse(body.value)
    if (!parsed.success) return problem(422, `invalid ${parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')}`)
    const kept = [...(reviews.get(id) ?? []), parsed.data].slice(-maxReviews)
    reviews.set(id, kept)
    return { status: 201, body: { item: id, reviews: kept.length } }
  }

  const server = await startLocalServer((request, response) => {
    answer(request).then(
      (result) => send(response, result),
      () => response.destroy(),
    )
  })
  return { ...server, reviewsOf: (id) => reviews.get(id) ?? [] }
}

const problem = (status: number, error: string): Answer => ({ status, body: { error } })

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
