import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { hostAndPort, isLoopback } from '@swarmwatch/config'
import { localUrl, serve } from '@swarmwatch/config/listen'

import { type TelemetryLogger, warnTo } from '../logger.ts'
import { isOneOfSeveral } from '../port-options.ts'
import type { StatusSources } from './page-values.ts'
import { statusApp, type StatusAppOptions } from './status-app.ts'

/** Address of the page, its readers, and its values. */
export interface StatusPageOptions
  extends
    StatusSources,
    Pick<
      StatusAppOptions,
      'token' | 'trustedProxies' | 'traceLink' | 'serviceName' | 'maxReaders' | 'maxWaitingBytes' | 'tickMs' | 'sampleMs'
    > {
  /** 0 takes a free one. @default 8080 */
  readonly port?: number
  /** How many ports after `port` are tried when it is taken. @default 0 */
  readonly furtherPorts?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** Receives the log lines of this package; `false` turns them off. @default the console */
  readonly logger?: TelemetryLogger | false
}

/** The page, while it is served. */
export interface StatusPage {
  /** Ends in a slash. Never contains the token. */
  readonly url: string
  /** Ends it at once; readers and requests in progress are cut. A second call changes nothing. */
  close(): Promise<void>
}

/**
 * Serves the status page of this process; never keeps the process alive. Prints a line when it is
 * open to the network. Rejects with `ListenError` when it cannot listen.
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
  const warn = warnTo(logger)
  const app = statusApp({ ...options, host, warn })
  // The process belongs to the application: its global Request and Response stay unchanged
  const answer = getRequestListener((request, env) => app.fetch(request, env as HttpBindings), { overrideGlobalObjects: false })
  try {
    const server = await serve((request, response) => void answer(request, response), {
      host,
      port,
      furtherPorts,
      setting: 'MONITOR',
      maxConnections: 200,
      keepsProcessAlive: false,
    })
    const url = localUrl(host, server.port)
    if (port !== 0 && server.port !== port) warn(`MONITOR_PORT ${port} is taken: the status page is at ${url}`)
    else if (port === 0 && isOneOfSeveral()) warn(`the status page of this worker is at ${url}`)
    if (!isLoopback(host)) warn(openToTheNetworkLine(host, server.port, options.token !== undefined))
    return {
      url,
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

function openToTheNetworkLine(host: string, port: number, hasToken: boolean): string {
  const where = `the status page is open to the network on ${hostAndPort(host, port)}`
  return hasToken
    ? `${where}; readers must send MONITOR_TOKEN`
    : `${where} and requires no token: anyone who reaches it can read agent names and error messages; set MONITOR_TOKEN`
}
