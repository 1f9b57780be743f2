import type { FastifyInstance } from 'fastify'

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
