import { isLoopback } from '@swarmwatch/config'
import type { MiddlewareHandler } from 'hono'

/**
 * Refuses what another web page makes a reader's browser ask. Without a token on a loopback address it also insists on a loopback name,
 * or a page whose name is suddenly resolved to 127.0.0.1 could read everything.
 */
export function ownPageOnly({ host, hasToken }: { host: string; hasToken: boolean }): MiddlewareHandler {
  const insistsOnName = isLoopback(host) && !hasToken
  return async (c, next) => {
    // Programs do not send these headers, every browser does
    const site = c.req.header('sec-fetch-site') ?? 'none'
    const isFromElsewhere = site !== 'same-origin' && site !== 'none' && c.req.header('sec-fetch-mode') !== 'navigate'
    if (isFromElsewhere) return c.text('Only for its own page\n', 403)
    if (insistsOnName && !isLoopback(nameIn(c.req.url))) {
      return c.text('Open it as http://127.0.0.1 or http://localhost; for other names set MONITOR_TOKEN\n', 421)
    }
    await next()
  }
}

const nameIn = (url: string): string => new URL(url).hostname
