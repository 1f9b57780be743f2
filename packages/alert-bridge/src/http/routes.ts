import type { FastifyInstance } from 'fastify'

import type { BridgeCore } from '../bridge-core.ts'
import type { MetricsEndpoint } from '../metrics/metrics-endpoint.ts'
import { StoreError } from '../outbox/store-error.ts'
import type { DeliveryState } from '../outbox/store.ts'
import type { HttpOptions } from './serve-http.ts'

const noBody = new Uint8Array()

/** What comes in. 200 means: it is on disk. */
export function alertRoutes(app: FastifyInstance, { core }: Pick<HttpOptions, 'core'>): void {
  app.post('/api/v1/alerts', async (request, reply) => {
    const traceparent = request.headers['traceparent']
    const accepted = await core.acceptBody(bodyOf(request.body), typeof traceparent === 'string' ? traceparent : undefined)
    const { id, duplicate, quarantined } = accepted
    if (quarantined !== undefined) return reply.send({ id, quarantined })
    return reply.send(duplicate === undefined ? { id } : { id, duplicate: true })
  })

  app.post('/api/v1/events', async (request, reply) => {
    const read = core.readEvent(bodyOf(request.body))
    // who sends an event reads the answer, unlike Alertmanager
    if (read.kind === 'unreadable') return reply.code(400).send({ error: read.reason })
    const { id, duplicate } = await core.acceptEvent(read.value)
    return reply.send(duplicate === undefined ? { id } : { id, duplicate: true })
  })
}

function bodyOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : noBody
}

const states: readonly string[] = ['pending', 'delivered', 'dead', 'collapsed'] satisfies DeliveryState[]
const mostRows = 1000

/** What became of it, and another try for what could not be delivered. */
export function deliveryRoutes(app: FastifyInstance, { core, now }: Pick<HttpOptions, 'core' | 'now'>): void {
  const { store } = core

  app.get<{ Querystring: { state?: string; limit?: string } }>('/api/v1/deliveries', async ({ query }, reply) => {
    const { state } = query
    const limit = Math.min(Math.max(Number.parseInt(query.limit ?? '', 10) || 100, 1), mostRows)
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
    if (replayed === 'unknown')
      return reply.code(404).send({ error: 'there is no such delivery, and no such body in quarantine' })
    if (typeof replayed === 'object')
      return reply.code(422).send({ error: `it still cannot be read: ${replayed.stillUnreadable}` })
    if (replayed === 'not-dead') return reply.code(409).send({ error: 'only a dead delivery can be replayed' })
    core.wake()
    return reply.send({ id: params.id, replayed: true })
  })
}

/** Times as people write them. */
function withTimes(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, key.endsWith('At') && typeof value === 'number' ? new Date(value) : value]),
  )
}

/** The store is asked at most this often, however often we are. */
const probeEveryMs = 1_000

export interface StateOptions {
  readonly core: BridgeCore
  readonly endpoint: MetricsEndpoint
  readonly state: { readonly isDraining: boolean }
  readonly now: () => number
}

/** How it is: `/healthz` says that it runs, `/readyz` that it can store what it is given. */
export function stateRoutes(app: FastifyInstance, { core, endpoint, state, now }: StateOptions): void {
  let probed: { at: number; answer: Promise<string | undefined> } | undefined

  async function unreadyBecause(): Promise<string | undefined> {
    if (state.isDraining) return 'stopping'
    if (await core.isFull()) return 'too many deliveries wait'
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
    endpoint.handle(request.raw, reply.raw)
  })
}
