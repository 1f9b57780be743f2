import type { Socket } from 'node:net'

import rateLimit from '@fastify/rate-limit'
import type { Secret } from '@swarmwatch/config'
import { ListenError } from '@swarmwatch/config/listen'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastify from 'fastify'

import type { BridgeCore } from '../bridge-core.ts'
import { logLimit } from '../log-limit.ts'
import { bodyTooLarge } from '../message/meta-notices.ts'
import type { MetricsEndpoint } from '../metrics/metrics-endpoint.ts'
import { StoreError } from '../outbox/store.ts'
import { hasBearerToken } from './bearer-token.ts'
import { incidentRoutes, type IncidentRouteOptions } from './incident-routes.ts'
import { slackInteractions, type SlackInteractionOptions } from './slack-interactions.ts'
import { alertRoutes, deliveryRoutes, heartbeatRoutes, type HeartbeatRouteOptions, stateRoutes } from './routes.ts'

/** Options for {@link serveHttp}. */
export interface HttpOptions {
  readonly core: BridgeCore
  readonly endpoint: MetricsEndpoint
  readonly tokens: readonly Secret[]
  /** Accepts heartbeats of peers that have one of these tokens. @default none */
  readonly heartbeats?: (HeartbeatRouteOptions & { readonly tokens: readonly Secret[] }) | undefined
  /** The pages of incidents. @default none */
  readonly incidents?: Omit<IncidentRouteOptions, 'write' | 'now' | 'store'> | undefined
  /** Clicks on buttons in Slack. @default none */
  readonly slack?: Omit<SlackInteractionOptions, 'write' | 'now'> | undefined
  /** Addresses and networks of reverse proxies, whose `x-forwarded-for` contains the address of the client. @default none */
  readonly trustedProxies?: readonly string[] | undefined
  readonly host: string
  readonly port: number
  readonly now: () => number
  readonly write: (line: string) => void
  /** Failed authorizations of one address per minute before it gets 429. @default 60 */
  readonly maxFailures?: number
  /** Maximum time for one request, with its body. @default 10 s */
  readonly requestTimeoutMs?: number
}

/** The running HTTP server. */
export interface BridgeServer {
  readonly port: number
  /** From now on the server is not ready, and answers 503. */
  readonly drain: () => void
  readonly close: () => Promise<void>
}

/** Larger bodies get 413, which Alertmanager does not retry. */
const bodyLimit = 16 * 1024 * 1024

/** Time for the requests in progress when the server closes. */
const closeGraceMs = 500

/** Serves the HTTP API. @throws ListenError if the address cannot be used */
export async function serveHttp(options: HttpOptions): Promise<BridgeServer> {
  const { host, port, tokens, heartbeats, core, endpoint, maxFailures = 60, requestTimeoutMs = 10_000 } = options
  const { incidents, slack, trustedProxies = [], now, write } = options
  const state = { isDraining: false }
  const app = fastify({
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    // by default Node checks only every 30 s, and uses the longer of the two times for the whole request
    http: { connectionsCheckingInterval: requestTimeoutMs / 10, headersTimeout: requestTimeoutMs },
    // Alertmanager keeps idle connections for 5 min; if the bridge ended them first, that would look like a failed delivery
    keepAliveTimeout: 6 * 60_000,
    forceCloseConnections: 'idle',
    // a redirect, or a 404 because of a trailing slash, loses the alert
    // a signed link is longer than the parameters that Fastify accepts
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_000 },
    ...(trustedProxies.length > 0 && { trustProxy: [...trustedProxies] }),
    return503OnClosing: true,
    clientErrorHandler: answerClientError,
  })
  await app.register(rateLimit, { global: false })
  const limit = app.createRateLimit({ max: maxFailures, timeWindow: 60_000 })

  app.removeAllContentTypeParsers()
  // a body of any type is read, or quarantined; Fastify would answer 415 to an invalid type
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.method === 'POST') raw.headers['content-type'] = undefined
    done()
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  answerErrors(app, options)
  await app.register(async (scope: FastifyInstance) =>
    stateRoutes(scope, { core, metrics: endpoint.handle, state, now: options.now }),
  )
  await app.register(async (scope: FastifyInstance) => {
    protect(scope, tokens)
    alertRoutes(scope, options)
    deliveryRoutes(scope, options)
  })
  if (incidents !== undefined) {
    await app.register(async (scope: FastifyInstance) => {
      refuseWhileDraining(scope)
      incidentRoutes(scope, { ...incidents, store: core.store, now, write })
    })
  }
  if (slack !== undefined) {
    await app.register(async (scope: FastifyInstance) => {
      refuseWhileDraining(scope)
      slackInteractions(scope, { ...slack, now, write })
    })
  }
  if (heartbeats !== undefined) {
    await app.register(async (scope: FastifyInstance) => {
      protect(scope, heartbeats.tokens)
      heartbeatRoutes(scope, heartbeats)
    })
  }

  /** Requires a token, and refuses to write while the server closes. */
  function protect(scope: FastifyInstance, known: readonly Secret[]): void {
    const isAllowed = (header: string | undefined): boolean => hasBearerToken(known, header)
    // before the body is read
    scope.addHook('onRequest', (request, reply, done) => {
      if (isAllowed(request.headers.authorization)) done()
      else void refuse(request, reply)
    })
    refuseWhileDraining(scope)

    async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const counted = await limit(request)
      const isTooMuch = !counted.isAllowed && counted.isExceeded
      // only a client without a token gets 429, because Alertmanager would drop the alert
      await reply
        .code(isTooMuch ? 429 : 401)
        .header('connection', 'close')
        .send({ error: isTooMuch ? 'too many failures' : 'a bearer token is required' })
    }
  }

  function refuseWhileDraining(scope: FastifyInstance): void {
    scope.addHook('onRequest', (request, reply, done) => {
      if (!state.isDraining || request.method !== 'POST') done()
      else void reply.code(503).header('connection', 'close').send({ error: 'stopping' })
    })
  }

  // workers of a cluster would share the port, and the alerts of one incident would be spread over several stores
  await app.listen({ host, port, exclusive: true }).catch((cause: unknown) => {
    throw new ListenError(cause, { host, port, setting: 'BRIDGE' })
  })
  const address = app.server.address()

  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    drain: () => {
      state.isDraining = true
    },
    close: async () => {
      state.isDraining = true
      // a request that never ends must not delay the stop
      const timer = setTimeout(() => app.server.closeAllConnections(), closeGraceMs)
      await app.close()
      clearTimeout(timer)
    },
  }
}

const clientErrors: Readonly<Record<string, string>> = {
  // Alertmanager retries 5xx only, and the time may have passed because this process was paused
  ERR_HTTP_REQUEST_TIMEOUT: '503 Service Unavailable',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** Answers a connection whose request is not valid HTTP. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const status = clientErrors[error.code ?? ''] ?? '400 Bad Request'
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  socket.destroy(error)
}

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
interface AnswerErrorsOptions {
  readonly core: Pick<BridgeCore, 'report'>
  readonly now: () => number
  /** Prints one line. */
  readonly write: (line: string) => void
}

/** Answers failed requests: with 503 if Alertmanager must send the alert again, and never with a redirect. */
function answerErrors(app: FastifyInstance, { core, now, write }: AnswerErrorsOptions): void {
  const due = logLimit(logEveryMs, now)

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error.statusCode === 413 && request.routeOptions.bodyLimit === bodyLimit) {
      await core.report(bodyTooLarge(`${request.headers['content-length'] ?? 'unknown number of'} bytes from ${request.ip}`))
      // the rest of the body is not read
      return reply.code(413).header('connection', 'close').send({ error: 'the body is larger than 16 MiB' })
    }
    if (error instanceof StoreError) {
      if (due() !== undefined) {
        write(`[BRIDGE] ${error.message}; the bridge answers 503, and Alertmanager sends the alert again`)
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
    if (method === undefined) return reply.code(404).send({ error: 'unknown path' })
    return reply
      .code(405)
      .header('allow', method)
      .send({ error: `this path accepts only ${method}` })
  })
}
