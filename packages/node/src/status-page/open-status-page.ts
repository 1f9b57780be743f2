import { once } from 'node:events'
import { createServer } from 'node:http'

import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { hostAndPort, isLoopback } from '@swarmwatch/config'

import { isOneOfSeveral, listenFrom, type ListenOptions, portCure, urlOf } from '../listen-from.ts'
import { type Logger, sayTo } from '../logger.ts'
import type { StatusSources } from './page-values.ts'
import { statusApp, type StatusAppOptions } from './status-app.ts'

/** Where the page is served, to whom, and what it shows. */
export interface StatusPageOptions
  extends
    StatusSources,
    Pick<
      StatusAppOptions,
      'token' | 'trustedProxies' | 'serviceName' | 'maxReaders' | 'maxWaitingBytes' | 'tickMs' | 'sampleMs'
    > {
  /** 0 takes a free one. @default 8080 */
  readonly port?: number
  /** How many ports after `port` are tried when it is taken. @default 0 */
  readonly furtherPorts?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** Takes our lines; `false` silences them. @default the console */
  readonly logger?: Logger | false
}

/** The page, served. */
export interface StatusPage {
  /** Ends in a slash. Never holds the token. */
  readonly url: string
  /** Ends it at once; readers and requests under way are cut. A second call changes nothing. */
  close(): Promise<void>
}

/**
 * Serves the status page of this process; never keeps the process alive. Says aloud when it is open to the network.
 * Rejects with {@link StatusPageError} when it cannot listen.
 *
 * @example
 * const page = await openStatusPage({ port: 8080 })
 * // ... agents run ...
 * await page.close()
 */
export async function openStatusPage({
  port = 8080,
  furtherPorts = 0,
  host = '127.0.0.1',
  logger,
  ...options
}: StatusPageOptions = {}): Promise<StatusPage> {
  const say = sayTo(logger)
  const app = statusApp({ ...options, host, say })
  try {
    const server = await listen((request, env) => app.fetch(request, env), { host, port, furtherPorts })
    if (port !== 0 && server.port !== port)
      say(`MONITOR_PORT ${port} is taken: the status page is at ${urlOf(host, server.port)}`)
    else if (port === 0 && isOneOfSeveral()) say(`the status page of this worker is at ${urlOf(host, server.port)}`)
    if (!isLoopback(host)) say(openToTheNetwork(host, server.port, options.token !== undefined))
    return {
      url: urlOf(host, server.port),
      async close() {
        app.close()
        await server.close()
      },
    }
  } catch (error) {
    app.close()
    throw error
  }
}

function openToTheNetwork(host: string, port: number, hasToken: boolean): string {
  const where = `the status page is open to the network on ${hostAndPort(host, port)}`
  return hasToken
    ? `${where}; readers must show MONITOR_TOKEN`
    : `${where} and asks for no token: whoever reaches it reads agent names and error messages; set MONITOR_TOKEN`
}

/** A server that listens. */
export interface ListeningServer {
  readonly port: number
  /** Cuts every connection. */
  close(): Promise<void>
}

/** Answers HTTP with `fetch`, without keeping the process alive. Rejects with {@link StatusPageError}. */
async function listen(
  fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>,
  options: ListenOptions,
): Promise<ListeningServer> {
  // The process belongs to somebody else: its global Request and Response stay as they are
  const answer = getRequestListener((request, env) => fetch(request, env as HttpBindings), { overrideGlobalObjects: false })
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 20_000, maxHeaderSize: 16_384 },
    (request, response) => void answer(request, response),
  )
  server.maxConnections = 200
  server.on('connection', (socket) => socket.unref())
  // a client that resets its connection is its own affair
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listenFrom(server, options).catch((cause: unknown) => {
    throw new StatusPageError(cause, options)
  })
  server.unref()
  return {
    port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Why the page could not listen. */
export type StatusPageErrorReason = 'port-taken' | 'port-not-allowed' | 'address-not-of-this-machine' | 'cannot-listen'

const reasons: Record<string, StatusPageErrorReason> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-not-allowed',
  EADDRNOTAVAIL: 'address-not-of-this-machine',
  ENOTFOUND: 'address-not-of-this-machine',
}

const rules: Record<StatusPageErrorReason, (port: number, host: string) => string> = {
  'port-taken': (port, host) => `MONITOR_PORT ${port} is taken on ${host}`,
  'port-not-allowed': (port) => `MONITOR_PORT ${port} may not be opened by this user`,
  'address-not-of-this-machine': (_port, host) => `MONITOR_HOST ${host} is not an address of this machine`,
  'cannot-listen': (port, host) => `cannot listen on ${hostAndPort(host, port)}`,
}

/** The status page could not listen; `message` is one line to say, `cause` what the system answered. */
export class StatusPageError extends Error {
  override readonly name = 'StatusPageError'
  readonly reason: StatusPageErrorReason

  constructor(cause: unknown, { host, port }: { host: string; port: number }) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    const reason = reasons[code] ?? 'cannot-listen'
    const detail = reason === 'cannot-listen' ? ` (${code})` : ''
    super(`${rules[reason](port, host)}${detail}: the status page is not served; ${portCure('MONITOR')}`, { cause })
    this.reason = reason
  }
}
