import type { FastifyInstance } from 'fastify'

import type { DeliveryState } from '../store/stored-delivery.ts'
import type { HttpOptions } from './serve-http.ts'

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
