import type { FastifyError, FastifyInstance } from 'fastify'

import type { BridgeCore } from '../bridge-core.ts'
import { bodyTooLarge } from '../message/meta-notices.ts'
import { StoreError } from '../outbox/store-error.ts'

/** A failure of the store is logged at most this often. */
const logEveryMs = 60_000

const paths: Readonly<Record<string, string>> = {
  '/api/v1/alerts': 'POST',
  '/api/v1/events': 'POST',
  '/api/v1/deliveries': 'GET',
  '/healthz': 'GET',
  '/readyz': 'GET',
  '/metrics': 'GET',
}

/** Options for {@link answerErrors}. */
export interface AnswerErrorsOptions {
  readonly core: Pick<BridgeCore, 'report'>
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
}

/** Answers failed requests: with 503 if Alertmanager must send the alert again, and never with a redirect. */
export function answerErrors(app: FastifyInstance, { core, now, write }: AnswerErrorsOptions): void {
  let loggedAt = Number.NEGATIVE_INFINITY

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error.statusCode === 413) {
      await core.report(bodyTooLarge(`${request.headers['content-length'] ?? 'unknown number of'} bytes from ${request.ip}`))
      // the rest of the body is not read
      return reply.code(413).header('connection', 'close').send({ error: 'the body is larger than 16 MiB' })
    }
    if (error instanceof StoreError) {
      if (now() - loggedAt > logEveryMs) {
        loggedAt = now()
        write(`[BRIDGE] ${error.message}; Alertmanager gets 503 and sends the alert again`)
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
    if (method === undefined) return reply.code(404).send({ error: 'there is no such path' })
    return reply
      .code(405)
      .header('allow', method)
      .send({ error: `this path accepts only ${method}` })
  })
}
