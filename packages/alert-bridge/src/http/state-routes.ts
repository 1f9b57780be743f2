import type { FastifyInstance } from 'fastify'

import type { BridgeCore } from '../bridge-core.ts'
import type { MetricsEndpoint } from '../metrics/metrics-endpoint.ts'
import { StoreError } from '../store/store-error.ts'

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
