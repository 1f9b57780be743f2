import type { IncomingMessage, ServerResponse } from 'node:http'

import type { FastifyInstance } from 'fastify'

import type { BridgeCore } from '../bridge-core.ts'
import { readEvent } from '../intake/bridge-event.ts'
import { type DeliveryState, StoreError } from '../outbox/store.ts'

/** Options of the routes. */
export interface RouteOptions {
  readonly core: BridgeCore
  readonly now: () => number
  /** Answers `/metrics`. */
  readonly metrics: (request: IncomingMessage, response: ServerResponse) => void
  readonly state: { readonly isDraining: boolean }
}

const noBody = new Uint8Array()

/** Accepts alerts and events. The answer 200 means: on disk. */
export function alertRoutes(app: FastifyInstance, { core }: Pick<RouteOptions, 'core'>): void {
  app.post('/api/v1/alerts', async (request, reply) => {
    const traceparent = request.headers['traceparent']
    const accepted = await core.acceptBody(bodyOf(request.body), typeof traceparent === 'string' ? traceparent : undefined)
    const { id, duplicate, quarantined } = accepted
    if (quarantined !== undefined) return reply.send({ id, quarantined })
    return reply.send(duplicate === undefined ? { id } : { id, duplicate: true })
  })

  app.post('/api/v1/events', async (request, reply) => {
    const read = readEvent(bodyOf(request.body))
    // the sender of an event reads the answer, unlike Alertmanager
    if (read.kind === 'unreadable') return reply.code(400).send({ error: read.reason })
    const { id, duplicate } = await core.acceptEvent(read.value)
    return reply.send(duplicate === undefined ? { id } : { id, duplicate: true })
  })
}

/** Options of the route of heartbeats. */
export interface HeartbeatRouteOptions {
  /** Notes a heartbeat; false if no peer of this name is watched. */
  readonly received: (name: string, body: Uint8Array) => boolean
}

/** More than the ages of all peers. */
const heartbeatBodyLimit = 8 * 1024

/** Accepts signs of life from bridges of other regions. */
export function heartbeatRoutes(app: FastifyInstance, { received }: HeartbeatRouteOptions): void {
  app.post<{ Params: { name: string } }>(
    '/api/v1/heartbeats/:name',
    { bodyLimit: heartbeatBodyLimit },
    async ({ params, body }, reply) =>
      received(params.name, bodyOf(body))
        ? reply.send({ received: true })
        : reply.code(404).send({ error: 'this bridge watches no peer of this name; see BRIDGE_WATCHED_PEERS' }),
  )
}

function bodyOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : noBody
}

const states: readonly string[] = ['pending', 'delivered', 'dead', 'collapsed'] satisfies DeliveryState[]
const maxRows = 1000

/** Lists deliveries, and replays dead ones and quarantined bodies. */
export function deliveryRoutes(app: FastifyInstance, { core, now }: Pick<RouteOptions, 'core' | 'now'>): void {
  const { store } = core

  app.get<{ Querystring: { state?: string; limit?: string } }>('/api/v1/deliveries', async ({ query }, reply) => {
    const { state } = query
    const limit = Math.min(Math.max(Number.parseInt(query.limit ?? '', 10) || 100, 1), maxRows)
    if (state === 'quarantined') return reply.send({ quarantined: (await store.listQuarantined(limit)).map(withTimes) })
    if (state !== undefined && !states.includes(state)) {
      return reply.code(400).send({ error: `state must be ${states.join(', ')} or quarantined` })
    }
    const deliveries = await store.list({ state: state as DeliveryState | undefined, limit })
    return reply.send({ deliveries: deliveries.map(withTimes) })
  })

  app.post<{ Params: { id: string } }>('/api/v1/deliveries/:id/replay', async ({ params }, reply) => {
    const ofDelivery = await store.replay(params.id, now())
    const replayed = ofDelivery === 'unknown' ? await core.replayQuarantined(params.id) : ofDelivery
    if (replayed === 'unknown') return reply.code(404).send({ error: 'no delivery and no quarantined body has this id' })
    if (typeof replayed === 'object')
      return reply.code(422).send({ error: `the body still cannot be read: ${replayed.stillUnreadable}` })
    if (replayed === 'not-dead') return reply.code(409).send({ error: 'only a dead delivery can be replayed' })
    core.wake()
    return reply.send({ id: params.id, replayed: true })
  })
}

/** Writes times as ISO 8601. */
function withTimes(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, key.endsWith('At') && typeof value === 'number' ? new Date(value) : value]),
  )
}

/** The store is probed at most this often, however often `/readyz` is requested. */
const probeEveryMs = 1_000

/** Reports state: `/healthz` that the bridge runs, `/readyz` that it can store alerts, and `/metrics`. */
export function stateRoutes(app: FastifyInstance, { core, now, metrics, state }: RouteOptions): void {
  let probed: { at: number; answer: Promise<string | undefined> } | undefined

  async function unreadyBecause(): Promise<string | undefined> {
    if (state.isDraining) return 'stopping'
    if (await core.isFull()) return 'too many deliveries are waiting'
    if (probed === undefined || now() - probed.at > probeEveryMs) {
      const answer = core.store.probe(now()).then(
        () => undefined,
        (error: unknown) => (error instanceof StoreError ? `cannot store: ${error.reason}` : 'cannot store'),
      )
      probed = { at: now(), answer }
    }
    return probed.answer
  }

  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const reason = await unreadyBecause()
    return reason === undefined ? reply.send({ ready: true }) : reply.code(503).send({ ready: false, reason })
  })
  app.get('/metrics', (request, reply) => {
    reply.hijack()
    metrics(request.raw, reply.raw)
  })
}
