import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Server } from 'node:net'

import { hostAndPort } from './host.ts'

/** The address that a server listens on. */
export interface ListenOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** How many of the ports after `port` are tried when it is taken. @default 0 */
  readonly furtherPorts?: number
  /**
   * Prefix of the variables that set the address, `MONITOR` for `MONITOR_PORT` and `MONITOR_HOST`.
   * Errors name them.
   */
  readonly setting: string
}

/** Options of {@link serve}. */
export interface ServeOptions extends ListenOptions {
  readonly maxConnections: number
  /** Whether the process stays alive while the server listens. @default true */
  readonly keepsProcessAlive?: boolean
}

/** An HTTP server that listens. */
export interface ListeningServer {
  readonly port: number
  /** Cuts every connection, then resolves when the port is free. A second call changes nothing. */
  readonly close: () => Promise<void>
}

/**
 * Answers HTTP requests with `handle`. A request must arrive within 10 seconds, its headers within
 * 5; idle connections end after 20. Rejects with {@link ListenError}.
 */
export async function serve(handle: RequestListener, options: ServeOptions): Promise<ListeningServer> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 20_000, maxHeaderSize: 16_384 },
    handle,
  )
  server.maxConnections = options.maxConnections
  // A client that resets its connection, or sends no HTTP, gets no answer
  server.on('clientError', (_error, socket) => socket.destroy())
  if (options.keepsProcessAlive === false) server.on('connection', (socket) => socket.unref())
  const port = await listen(server, options)
  if (options.keepsProcessAlive === false) server.unref()
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

/**
 * Makes `server` listen on `port`, or on a later port when it is taken, and returns the port.
 * Rejects with {@link ListenError}. The workers of a cluster do not share the port: otherwise each
 * request would reach the state of another worker.
 */
export async function listen(server: Server, options: ListenOptions): Promise<number> {
  const { host, port, furtherPorts = 0 } = options
  try {
    server.listen({ port, host, exclusive: true })
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch (cause) {
    const error = new ListenError(cause, options)
    if (error.reason !== 'port-taken' || furtherPorts === 0 || port === 0 || port === 65_535) throw error
    return listen(server, { ...options, port: port + 1, furtherPorts: furtherPorts - 1 })
  }
}

/** Why a server cannot listen. */
export type ListenErrorReason = 'port-taken' | 'port-not-allowed' | 'address-not-of-this-machine' | 'cannot-listen'

/**
 * A server cannot listen. `message` is one line without the cure; `cause` is the error of the
 * system.
 */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly reason: ListenErrorReason
  /** Code of the system's error: `EADDRINUSE`. */
  readonly code: string

  constructor(cause: unknown, { host, port, setting }: ListenOptions) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    const reason = reasons[code] ?? 'cannot-listen'
    super(messages[reason]({ host, port, setting, code }), { cause })
    this.reason = reason
    this.code = code
  }
}

const reasons: Readonly<Record<string, ListenErrorReason>> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-not-allowed',
  EADDRNOTAVAIL: 'address-not-of-this-machine',
  ENOTFOUND: 'address-not-of-this-machine',
}

const messages: Readonly<Record<ListenErrorReason, (of: ListenOptions & { readonly code: string }) => string>> = {
  'port-taken': ({ host, port, setting }) => `${setting}_PORT ${port} is taken on ${host}`,
  'port-not-allowed': ({ port, setting }) => `this user is not allowed to open ${setting}_PORT ${port}`,
  'address-not-of-this-machine': ({ host, setting }) => `${setting}_HOST ${host} is not an address of this machine`,
  'cannot-listen': ({ host, port, code }) => `cannot listen on ${hostAndPort(host, port)} (${code})`,
}

/**
 * The URL, ending in a slash, at which a browser on this machine reaches a server that listens on
 * `host`.
 */
export function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${hostAndPort(name, port)}/`
}
