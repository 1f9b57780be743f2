import type { FastifyError, FastifyInstance } from 'fastify'

import { StoreError } from '../outbox/store-error.ts'
import type { HttpOptions } from './serve-http.ts'

/** A line about a store that cannot write at most this often. */
const sayEveryMs = 60_000

const paths: Readonly<Record<string, string>> = {
  '/api/v1/alerts': 'POST',
  '/api/v1/events': 'POST',
  '/api/v1/deliveries': 'GET',
  '/healthz': 'GET',
  '/readyz': 'GET',
  '/metrics': 'GET',
}

/** What is answered when something goes wrong: 503 where Alertmanager shall try again, and never a redirect. */
export function answerErrors(app: FastifyInstance, { core, now, write }: Pick<HttpOptions, 'core' | 'now' | 'write'>): void {
  let saidAt = Number.NEGATIVE_INFINITY

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error.statusCode === 413) {
      await core.sayMeta({
        key: 'too-large',
        severity: 'critical',
        title: 'Alerts were refused because the request was too large',
        text: 'More than 16 MiB came at once, and Alertmanager does not send it again; set max_alerts of the webhook receiver.',
        detail: `${request.headers['content-length'] ?? 'unknown number of'} bytes from ${request.ip}`,
      })
      // the rest of the body is not read
      return reply.code(413).header('connection', 'close').send({ error: 'the body is larger than 16 MiB' })
    }
    if (error instanceof StoreError) {
      if (now() - saidAt > sayEveryMs) {
        saidAt = now()
        write(`[BRIDGE] ${error.message}; Alertmanager is answered 503 and tries again`)
      }
      return reply.code(503).send({ error: `cannot store: ${error.reason}` })
    }
    if (error.statusCode !== undefined && error.statusCode < 500) return reply.code(error.statusCode).send({ error: error.code })
    write(`[BRIDGE] ${request.method} ${request.routeOptions.url ?? '?'} failed: ${error.name}`)
    return reply.code(503).send({ error: 'internal error' })
  })

  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0]?.replace(/\/$/, '') ?? ''
    const method = Object.hasOwn(paths, path) ? paths[path] : undefined
    if (method === undefined) return reply.code(404).send({ error: 'there is nothing here' })
    return reply
      .code(405)
      .header('allow', method)
      .send({ error: `only ${method}` })
  })
}
