import { hostAndPort, isLoopback } from '@swarmwatch/config'

import { isOneOfSeveral, urlOf } from '../listen-from.ts'
import { type Logger, sayTo } from '../logger.ts'
import { listen } from './listen.ts'
import { statusApp, type StatusAppOptions } from './status-app.ts'
import type { StatusSources } from './values/status-sources.ts'

export { StatusPageError } from './status-page-error.ts'

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
